import { deepStrictEqual } from "node:assert/strict";
import {
  biasIntoGemm,
  scaledOperands,
  scaledResult,
  squareIntoSum,
} from "../../../../backends/onnx/fuse/fusions.ts";
import {
  type EngineGraph,
  type EngineNode,
  type Peephole,
  rewrite,
} from "../../../../backends/onnx/fuse/fused_graph.ts";
import {
  type GraphBuilder,
  type NodeId,
  traceGraph,
} from "../../../../core/mod.ts";
import { right } from "../../../right.ts";

const rewritten = (
  peephole: Peephole,
  build: (g: GraphBuilder) => Readonly<Record<string, NodeId>>,
): EngineGraph => rewrite(right(traceGraph(build)), [peephole]);

const ops = ({ nodes }: EngineGraph): readonly string[] =>
  nodes.map(({ op }) => op).filter((op) => op !== "input");

const inputName = (node: EngineNode | undefined): string =>
  node?.op === "input" ? node.attributes.name : "";

/** Names of the inputs of the node behind the output `y`. */
const operands = ({ nodes, outputs }: EngineGraph): readonly string[] =>
  nodes[outputs.y ?? -1]?.inputs.map((id) => inputName(nodes[id])) ?? [];

const product = (g: GraphBuilder): NodeId =>
  g.matmul(g.input("a", [4, 3]), g.input("b", [5, 3]), { transposeB: true });

for (const shape of [[5], [1, 5], [4, 1], [4, 5], [1], []]) {
  for (const order of ["behind", "before"] as const) {
    Deno.test(`biasIntoGemm starts a product with [${shape}] ${order} it`, () => {
      const graph = rewritten(biasIntoGemm, (g) => {
        const [x, c] = [product(g), g.input("c", shape)];
        return { y: order === "behind" ? g.add(x, c) : g.add(c, x) };
      });
      deepStrictEqual(ops(graph), ["gemm"]);
      deepStrictEqual(operands(graph), ["a", "b", "c"]);
      const { attributes, shape: extents } = graph.nodes[graph.outputs.y!]!;
      deepStrictEqual(attributes, { transposeA: false, transposeB: true });
      deepStrictEqual(extents, [4, 5]);
    });
  }
}

Deno.test("biasIntoGemm leaves a product that others use", () => {
  const used = rewritten(biasIntoGemm, (g) => {
    const x = product(g);
    return { y: g.add(x, g.input("c", [5])), square: g.multiply(x, x) };
  });
  deepStrictEqual(ops(used), ["matmul", "add", "multiply"]);
  const given = rewritten(biasIntoGemm, (g) => {
    const x = product(g);
    return { y: g.add(x, g.input("c", [5])), x };
  });
  deepStrictEqual(ops(given), ["matmul", "add"]);
});

Deno.test("biasIntoGemm leaves a sum that has more axes or rows than the product", () => {
  const higher = rewritten(biasIntoGemm, (g) => ({
    y: g.add(product(g), g.input("c", [2, 4, 5])),
  }));
  deepStrictEqual(ops(higher), ["matmul", "add"]);
  const stacked = rewritten(biasIntoGemm, (g) => {
    const x = g.matmul(g.input("a", [2, 4, 3]), g.input("b", [2, 3, 5]));
    return { y: g.add(x, g.input("c", [5])) };
  });
  deepStrictEqual(ops(stacked), ["matmul", "add"]);
  const repeated = rewritten(biasIntoGemm, (g) => {
    const row = g.matmul(g.input("a", [1, 3]), g.input("b", [3, 5]));
    return { y: g.add(row, g.input("c", [4, 5])) };
  });
  deepStrictEqual(ops(repeated), ["matmul", "add"]);
});

const factorOf = ({ nodes, outputs }: EngineGraph): number => {
  const node = nodes[outputs.y ?? -1];
  return node?.op === "scaledMatmul" ? node.attributes.factor : NaN;
};

Deno.test("scaledOperands multiplies the factors of both operands", () => {
  const graph = rewritten(scaledOperands, (g) => ({
    y: g.matmul(
      g.scale(g.input("a", [2, 4, 3]), 3),
      g.scale(g.input("b", [2, 3, 5]), 0.5),
    ),
  }));
  deepStrictEqual(ops(graph), ["scaledMatmul"]);
  deepStrictEqual(operands(graph), ["a", "b"]);
  deepStrictEqual(factorOf(graph), 1.5);
});

Deno.test("scaledOperands leaves products of plain operands", () => {
  deepStrictEqual(
    ops(rewritten(scaledOperands, (g) => ({ y: product(g) }))),
    ["matmul"],
  );
});

Deno.test("scaledResult takes the factor of a result that nothing else uses", () => {
  const graph = rewritten(scaledResult, (g) => ({ y: g.scale(product(g), 3) }));
  deepStrictEqual(ops(graph), ["scaledMatmul"]);
  deepStrictEqual(factorOf(graph), 3);
  const shared = rewritten(scaledResult, (g) => {
    const x = product(g);
    return { y: g.scale(x, 3), x };
  });
  deepStrictEqual(ops(shared), ["matmul", "scale"]);
});

Deno.test("scaledResult after scaledOperands multiplies all three factors", () => {
  const graph = rewrite(
    right(traceGraph((g) => {
      const x = g.matmul(
        g.scale(g.input("a", [4, 3]), 2),
        g.input("b", [3, 5]),
      );
      return { y: g.scale(x, 5) };
    })),
    [scaledOperands, scaledResult],
  );
  deepStrictEqual(ops(graph), ["scaledMatmul"]);
  deepStrictEqual(factorOf(graph), 10);
});

Deno.test("squareIntoSum sums squares without writing them, unless something else needs them", () => {
  const square = (g: GraphBuilder): NodeId =>
    g.apply("square", {}, [g.input("x", [3, 4])]);
  const alone = rewritten(squareIntoSum, (g) => ({
    y: g.sumTo(square(g), []),
  }));
  deepStrictEqual(ops(alone), ["sumOfSquares"]);
  deepStrictEqual(operands(alone), ["x"]);
  const needed = rewritten(squareIntoSum, (g) => {
    const x = square(g);
    return { y: g.sumTo(x, []), x };
  });
  deepStrictEqual(ops(needed), ["square", "sumTo"]);
});
