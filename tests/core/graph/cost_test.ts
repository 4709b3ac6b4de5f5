import fc from "fast-check";
import { strictEqual } from "node:assert/strict";
import {
  type GraphBuilder,
  graphFlops,
  longestSum,
  type NodeId,
  traceGraph,
} from "../../../core/mod.ts";
import { HOG_FLOPS_PER_SAMPLE_PIXEL } from "../../../core/graph/ops/hog.ts";
import { right } from "../../right.ts";
import { graphs } from "./random_graph.ts";

const extent = fc.integer({ min: 1, max: 9 });

Deno.test("graphFlops() of a product of matrices are 2·m·n·k for each pair, however they lie", () => {
  fc.assert(fc.property(
    fc.tuple(extent, extent, extent, extent),
    fc.boolean(),
    fc.boolean(),
    ([pairs, m, k, n], transposeA, transposeB) => {
      const graph = right(traceGraph((g) => ({
        y: g.matmul(
          g.input("a", transposeA ? [pairs, k, m] : [pairs, m, k]),
          g.input("b", transposeB ? [pairs, n, k] : [pairs, k, n]),
          { transposeA, transposeB },
        ),
      })));
      strictEqual(graphFlops(graph), 2 * pairs * m * n * k);
    },
  ));
});

Deno.test("graphFlops() count a nominal number for each pixel of a HOG pass", () => {
  const graph = right(traceGraph((g) => ({
    y: g.apply("hogCells", { nbins: 9, cells: 2 }, [
      g.input("x", [5, 3, 8, 8]),
    ]),
  })));
  strictEqual(graphFlops(graph), 5 * 3 * 8 * 8 * HOG_FLOPS_PER_SAMPLE_PIXEL);
});

Deno.test("graphFlops() count nothing for ops that move or map numbers", () => {
  fc.assert(fc.property(graphs, (graph) => strictEqual(graphFlops(graph), 0)));
});

Deno.test("longestSum() is that of products, of axes or of a batch of images", () => {
  const longest = (build: (g: GraphBuilder) => NodeId): number =>
    longestSum(right(traceGraph((g) => ({ y: build(g) }))));
  strictEqual(longest((g) => g.input("x", [9])), 1);
  const [transposeA, transposeB] = [true, true];
  strictEqual(
    longest((g) => g.matmul(g.input("a", [2, 3, 4]), g.input("b", [2, 4, 5]))),
    4,
  );
  strictEqual(
    longest((g) =>
      g.matmul(g.input("a", [7, 4]), g.input("b", [5, 7]), {
        transposeA,
        transposeB,
      })
    ),
    7,
  );
  strictEqual(longest((g) => g.sumTo(g.input("x", [2, 3, 4]), [3, 1])), 8);
  const attributes = { stride: 1, padding: 0, kernel: [3, 3] } as const;
  strictEqual(
    longest((g) =>
      g.apply("conv2dWeightGrad", attributes, [
        g.input("dy", [2, 8, 4, 5]),
        g.input("x", [2, 3, 6, 7]),
      ])
    ),
    2 * 4 * 5,
  );
});
