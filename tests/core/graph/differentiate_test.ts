import fc from "fast-check";
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  gradients,
  type Graph,
  type GraphBuilder,
  interpretGraph,
  type NodeId,
  traceGraph,
} from "../../../core/mod.ts";
import { right } from "../../right.ts";
import type { Tensor } from "./arbitraries.ts";
import { checkGradients } from "./finite_differences.ts";
import { GRAPH_INPUTS, instructions, perform } from "./random_graph.ts";

const vector = (...values: readonly number[]): Tensor => ({
  shape: [values.length],
  dtype: "float32",
  values: Float64Array.from(values),
});

/** The gradient of `Σ build(x)` by `x`, a vector of six. */
const gradientGraph = (
  build: (g: GraphBuilder, x: NodeId) => NodeId,
): Graph =>
  right(traceGraph((g) => {
    const x = g.input("x", [6]);
    const [dx = -1] = gradients(g, g.sumTo(build(g, x), []), [x]);
    return { dx };
  }));

const opsOf = (graph: Graph): readonly string[] =>
  graph.nodes.map(({ op }) => op);

Deno.test("gradients() of any composition are its finite differences", () => {
  fc.assert(
    fc.property(instructions, (steps) => {
      const inputs = Object.values(GRAPH_INPUTS).map((values) =>
        vector(...values)
      );
      checkGradients(
        (g, nodes) =>
          g.apply("softmax", {}, [
            g.reshape(perform(g, nodes, steps).at(-1) ?? -1, [6]),
          ]),
        inputs,
      );
    }),
    { numRuns: 60 },
  );
});

Deno.test("gradients() add up over all uses of a node", () => {
  const graph = gradientGraph((g, x) => g.add(g.scale(x, 3), g.multiply(x, x)));
  deepStrictEqual(
    interpretGraph(graph, { x: Float64Array.of(1, 2, 3, 4, 5, 6) }).dx,
    Float64Array.of(5, 7, 9, 11, 13, 15),
  );
});

Deno.test("gradients() of sums repeat no number where an op broadcasts by itself", () => {
  const graph = gradientGraph((g, x) => {
    const centred = g.subtract(x, g.scale(g.sumTo(x, [1]), 1 / 6));
    return g.apply("square", {}, [centred]);
  });
  strictEqual(opsOf(graph).includes("broadcastTo"), false);
  deepStrictEqual(
    interpretGraph(graph, { x: Float64Array.of(1, 2, 3, 4, 5, 9) }).dx,
    Float64Array.of(-6, -4, -2, 0, 2, 10),
  );
});

Deno.test("gradients() by a node that the scalar does not depend on are zeros of its shape", () => {
  const graph = right(traceGraph((g) => {
    const [x, y] = [g.input("x", []), g.input("y", [2, 2])];
    const [dy = -1] = gradients(g, g.multiply(x, x), [y]);
    return { dy };
  }));
  deepStrictEqual(graph.nodes.at(-1)?.shape, [2, 2]);
  deepStrictEqual(interpretGraph(graph, {}).dy, new Float64Array(4));
});

Deno.test("gradients() of a scalar by itself are 1", () => {
  const graph = right(traceGraph((g) => {
    const x = g.input("x", []);
    const [dx = -1] = gradients(g, x, [x]);
    return { dx };
  }));
  deepStrictEqual(interpretGraph(graph, {}).dx, Float64Array.of(1));
});

Deno.test("gradients() by an inner node ask nothing of the nodes before it", () => {
  const graph = right(traceGraph((g) => {
    const x = g.input("x", [2]);
    const inner = g.apply("gelu", {}, [x]);
    const [d = -1] = gradients(g, g.sumTo(g.multiply(inner, inner), []), [
      inner,
    ]);
    return { d };
  }));
  strictEqual(opsOf(graph).includes("geluGrad"), false);
});

Deno.test("gradients() pass no node that counts as a constant, and all other ways to what is behind it", () => {
  const dx = (isConstant: boolean): Float64Array => {
    const graph = right(traceGraph((g) => {
      const x = g.input("x", [1]);
      const square = g.apply("square", {}, [x]);
      const loss = g.sumTo(g.multiply(square, g.add(x, square)), []);
      const [dx = -1] = gradients(g, loss, [x], isConstant ? [square] : []);
      return { dx };
    }));
    return interpretGraph(graph, { x: Float64Array.of(3) }).dx!;
  };
  // x²·(x + x²): 3x² + 4x³, or x² where x² is given.
  deepStrictEqual(dx(false), Float64Array.of(27 + 108));
  deepStrictEqual(dx(true), Float64Array.of(9));
});

Deno.test("gradients() of slices that tile an axis are joined, without padding or adding", () => {
  const graph = gradientGraph((g, x) => {
    const parts = [[0, 2], [2, 1], [3, 3]].map(([start = 0, size = 0], i) =>
      g.sumTo(g.scale(g.slice(x, 0, start, size), i + 1), [])
    );
    return parts.reduce((sum, part) => g.add(sum, part));
  });
  deepStrictEqual(
    opsOf(graph).filter((op) => op === "pad" || op === "add"),
    [],
  );
  strictEqual(opsOf(graph).filter((op) => op === "concat").length, 1);
  deepStrictEqual(
    interpretGraph(graph, {}).dx,
    Float64Array.of(1, 1, 2, 3, 3, 3),
  );
});

for (
  const [what, parts] of Object.entries({
    "that leave a gap": [[0, 2], [3, 3]],
    "that overlap": [[0, 4], [3, 3]],
    "that end early": [[0, 2], [2, 2]],
    "that start late": [[1, 2], [3, 3]],
  })
) {
  Deno.test(`gradients() of slices ${what} are padded and added`, () => {
    const graph = gradientGraph((g, x) =>
      parts.map(([start = 0, size = 0]) =>
        g.sumTo(g.slice(x, 0, start, size), [])
      ).reduce((sum, part) => g.add(sum, part))
    );
    strictEqual(opsOf(graph).includes("concat"), false);
    const wanted = new Float64Array(6);
    for (const [start = 0, size = 0] of parts) {
      for (let i = start; i < start + size; i++) wanted[i]! += 1;
    }
    deepStrictEqual(interpretGraph(graph, {}).dx, wanted);
  });
}
