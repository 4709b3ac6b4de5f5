/** The loss of a stage over its hidden cells. */
import type { GraphBuilder } from "../graph/builder.ts";
import type { NodeId } from "../graph/node.ts";
import {
  gridSize,
  type ModelSpec,
  patchCount,
  type StageSpec,
  visibleCount,
} from "./model_spec.ts";

/**
 * The patch mask on the cells of a stage.
 *
 * @param mask `[B, L]`.
 * @returns `[B, (scale·G)²]`: a patch's value on each of its cells, or the mean of the patches in a cell.
 */
export function maskAtScale(
  g: GraphBuilder,
  spec: ModelSpec,
  { scale }: StageSpec,
  mask: NodeId,
): NodeId {
  const G = gridSize(spec);
  const [batch = 0] = g.shape(mask);
  if (scale >= 1) {
    const repeated = g.broadcastTo(g.reshape(mask, [batch, G, 1, G, 1]), [
      batch,
      G,
      scale,
      G,
      scale,
    ]);
    return g.reshape(repeated, [batch, (scale * G) ** 2]);
  }
  const n = G / 2;
  const sums = g.sumTo(g.reshape(mask, [batch, n, 2, n, 2]), [
    batch,
    n,
    1,
    n,
    1,
  ]);
  return g.reshape(g.scale(sums, 0.25), [batch, n * n]);
}

/**
 * Mean squared error over the hidden cells of the whole batch.
 *
 * `Σ M·mean((prediction − target)²) / Σ M`. The number of hidden patches is the
 * same in every sample, so `Σ M` is known in advance: `samples·(L − keep)·scale²`.
 *
 * @param prediction `[B, (scale·G)², channels]`.
 * @param target The same shape.
 * @param mask `[B, (scale·G)²]` from `maskAtScale`.
 * @param samples Samples over which the loss is a mean: all micro-batches of a step together.
 * @returns A scalar; the sum over micro-batches is the loss of the whole batch.
 */
export function maskedLoss(
  g: GraphBuilder,
  spec: ModelSpec,
  { scale }: Pick<StageSpec, "scale">,
  prediction: NodeId,
  target: NodeId,
  mask: NodeId,
  samples: number,
): NodeId {
  const [batch = 0, cells = 0, channels = 1] = g.shape(prediction);
  const squares = g.apply("square", {}, [g.subtract(prediction, target)]);
  const masked = g.multiply(squares, g.reshape(mask, [batch, cells, 1]));
  const hidden = samples * (patchCount(spec) - visibleCount(spec)) *
    scale ** 2;
  return g.scale(g.sumTo(masked, []), 1 / (hidden * channels));
}
