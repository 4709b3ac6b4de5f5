import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  elementwiseParts,
} from "../../../../backends/onnx/kernels/elementwise_parts.ts";
import { kernelsOf } from "../../../../backends/onnx/kernels/kernel_code.ts";
import {
  DEFAULT_PRETRAIN_CONFIG,
  type GraphBuilder,
  type NodeId,
  traceGraph,
  updateGraph,
} from "../../../../core/mod.ts";
import { right } from "../../../right.ts";

const partsOf = (
  build: (g: GraphBuilder) => Readonly<Record<string, NodeId>>,
) => elementwiseParts(right(traceGraph(build)));

Deno.test("elementwiseParts() cuts an optimizer's step into one part for each parameter, and few kernels", () => {
  const graph = right(updateGraph(
    DEFAULT_PRETRAIN_CONFIG.optimizer,
    [3, 5, 7, 9].map((size, i) => ({
      name: `p${i}`,
      shape: [size],
      decayed: i % 2 === 0,
      rate: `rate/${i}`,
    })),
  ));
  const parts = elementwiseParts(graph) ?? [];
  deepStrictEqual(parts.map(({ count }) => count), [3, 5, 7, 9]);
  deepStrictEqual(parts[1]?.tensors.toSorted(), [
    "exp_avg/p1",
    "exp_avg_sq/p1",
    "gradient/p1",
    "p1",
  ]);
  deepStrictEqual(parts[1]?.scalars, ["rate/1", "correction1", "correction2"]);
  deepStrictEqual(kernelsOf(parts, 64).kernelOf, [0, 1, 0, 1]);
});

Deno.test("elementwiseParts() puts what reads one tensor into one part", () => {
  const parts = partsOf((g) => {
    const [x, y] = [g.input("x", [4]), g.input("y", [4])];
    return { a: g.scale(x, 2), b: g.scale(x, 3), c: g.scale(y, 2) };
  });
  deepStrictEqual(parts?.map(({ results }) => results), [["a", "b"], ["c"]]);
});

const REFUSED: Readonly<
  Record<string, (g: GraphBuilder) => Readonly<Record<string, NodeId>>>
> = {
  "an op that is not element-wise": (g) => ({
    y: g.apply("softmax", {}, [g.input("x", [4])]),
  }),
  "a vector that is broadcast": (g) => ({
    y: g.add(g.input("x", [3, 4]), g.input("v", [4])),
  }),
  "a computed scalar": (g) => ({
    y: g.multiply(g.input("x", [4]), g.scale(g.input("s", []), 2)),
  }),
  "an input that is given out": (g) => {
    const x = g.input("x", [4]);
    return { x, y: g.scale(x, 2) };
  },
};

for (const [what, build] of Object.entries(REFUSED)) {
  Deno.test(`elementwiseParts() leaves ${what} to others`, () => {
    strictEqual(partsOf(build), null);
  });
}
