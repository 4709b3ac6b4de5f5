import fc from "fast-check";
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  type GraphBuilder,
  type NodeId,
  type OpName,
  traceGraph,
} from "../../../core/mod.ts";
import { definitionOf, OPS } from "../../../core/graph/ops.ts";
import { right } from "../../right.ts";
import { OP_USES, type OpUse, WITHOUT_GRADIENT } from "./arbitraries.ts";
import { checkGradients } from "./finite_differences.ts";

Deno.test("OPS have each a gradient check or stand on the list of those without gradient", () => {
  deepStrictEqual(
    [...Object.keys(OP_USES), ...WITHOUT_GRADIENT].toSorted(),
    Object.keys(OPS).toSorted(),
  );
});

for (
  const [op, uses] of Object.entries(OP_USES) as [
    OpName,
    fc.Arbitrary<OpUse>,
  ][]
) {
  Deno.test(`${op}'s vjp is its finite difference on any shapes`, () => {
    fc.assert(
      fc.property(
        uses,
        ({ attributes, inputs }) =>
          checkGradients((g, nodes) => g.apply(op, attributes, nodes), inputs),
      ),
      { numRuns: 60 },
    );
  });
}

/** A node of each op without gradient. */
const UNDIFFERENTIATED: {
  readonly [Name in typeof WITHOUT_GRADIENT[number]]: (
    g: GraphBuilder,
  ) => NodeId;
} = {
  input: (g) => g.input("x", [2, 3]),
  constant: (g) => g.constant([1, 2], [2]),
  reluGrad: (g) => g.apply("reluGrad", {}, reals(g, [2, 3], [2, 3])),
  geluGrad: (g) => g.apply("geluGrad", {}, reals(g, [2, 3], [2, 3])),
  softmaxGrad: (g) => g.apply("softmaxGrad", {}, reals(g, [2, 3], [2, 3])),
  layerNormGrad: (g) =>
    g.apply("layerNormGrad", { epsilon: 1 }, reals(g, [2, 3], [2, 3], [3])),
  layerNormScaleGrad: (g) =>
    g.apply("layerNormScaleGrad", { epsilon: 1 }, reals(g, [2, 3], [2, 3])),
  hogCells: (g) =>
    g.apply("hogCells", { nbins: 9, cells: 2 }, reals(g, [1, 3, 4, 4])),
  l2Normalize: (g) => g.apply("l2Normalize", {}, reals(g, [2, 3])),
  clipFactor: (g) => g.apply("clipFactor", { maxNorm: 1 }, reals(g, [3])),
  adamwUpdate: (g) =>
    g.apply(
      "adamwUpdate",
      { weightDecay: 0, epsilon: 1 },
      reals(g, [2], [2], [2], [], [], []),
    ),
};

const reals = (
  g: GraphBuilder,
  ...shapes: readonly (readonly number[])[]
): NodeId[] => shapes.map((shape, i) => g.input(`x${i}`, shape));

for (const op of WITHOUT_GRADIENT) {
  Deno.test(`${op} gives no gradient to any of its inputs`, () => {
    const gradients: unknown[] = [];
    const graph = right(traceGraph((g) => {
      const id = UNDIFFERENTIATED[op](g);
      const node = g.node(id);
      if (node !== undefined) {
        gradients.push(...definitionOf(op).vjp(g, node, id, id));
        strictEqual(gradients.length, node.inputs.length);
      }
      return { y: id };
    }));
    strictEqual(graph.nodes.at(-1)?.op, op);
    deepStrictEqual(gradients.filter((gradient) => gradient !== null), []);
  });
}
