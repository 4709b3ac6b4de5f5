/** Poolings over squares of 2×2 pixels that do not overlap. */
import type { GraphBuilder } from "../graph/builder.ts";
import type { NodeId } from "../graph/node.ts";

/**
 * Mean of 2×2 neighbours.
 *
 * @param x Images with rows and columns, in even numbers, on two neighbouring axes.
 * @param rows The axis of the rows: 1 in `[B, H, W, D]`, 2 in `[B, C, H, W]`.
 * @returns Half as many rows and columns.
 */
export function averagePool(
  g: GraphBuilder,
  x: NodeId,
  rows: number,
): NodeId {
  const shape = g.shape(x);
  const [before, after] = [shape.slice(0, rows), shape.slice(rows + 2)];
  const [height = 0, width = 0] = shape.slice(rows);
  const [h, w] = [height / 2, width / 2];
  const sums = g.sumTo(
    g.reshape(x, [...before, h, 2, w, 2, ...after]),
    [...before, h, 1, w, 1, ...after],
  );
  return g.reshape(g.scale(sums, 0.25), [...before, h, w, ...after]);
}

/**
 * The larger of two tensors of one shape, number by number, to the bit. Its gradient
 * flows to the number that is taken: of two equal ones to the first.
 */
function larger(g: GraphBuilder, a: NodeId, b: NodeId): NodeId {
  const ones = g.broadcastTo(g.constant([1], []), g.shape(a));
  // 1 where b > a.
  const second = g.apply("reluGrad", {}, [ones, g.subtract(b, a)]);
  const first = g.subtract(ones, second);
  return g.add(g.multiply(a, first), g.multiply(b, second));
}

/** The larger one of every two neighbours along the middle axis of `[N, 2·M, K]`. */
function largerOfPairs(g: GraphBuilder, x: NodeId): NodeId {
  const [outer = 0, extent = 0, inner = 0] = g.shape(x);
  const pairs = g.reshape(x, [outer * extent / 2, 2, inner]);
  return larger(g, g.slice(pairs, 1, 0, 1), g.slice(pairs, 1, 1, 1));
}

/**
 * Largest of 2×2 neighbours. Its gradient flows to the largest alone, of several equal
 * ones to the first by rows, as PyTorch has it.
 *
 * @param x Images `[B, C, H, W]` with even `H` and `W`.
 * @returns `[B, C, H/2, W/2]`.
 */
export function maxPool(g: GraphBuilder, x: NodeId): NodeId {
  const [batch = 0, channels = 0, height = 0, width = 0] = g.shape(x);
  const ofColumns = largerOfPairs(
    g,
    g.reshape(x, [batch * channels * height, width, 1]),
  );
  const half = width / 2;
  const ofRows = largerOfPairs(
    g,
    g.reshape(ofColumns, [batch * channels, height, half]),
  );
  return g.reshape(ofRows, [batch, channels, height / 2, half]);
}
