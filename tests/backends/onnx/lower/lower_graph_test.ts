import { deepStrictEqual, ok } from "node:assert/strict";
import { lowerGraph } from "../../../../backends/onnx/lower/lower_graph.ts";
import { MODEL_PRESETS, stepGraph, traceGraph } from "../../../../core/mod.ts";
import { right } from "../../../right.ts";

const WHOLE_STEP = {
  model: MODEL_PRESETS.nano,
  batch: 2,
  samples: 2,
  liveStages: [0, 1, 2, 3],
  isTrainable: () => true,
};

Deno.test("lowerGraph() writes every value once and before it is read", () => {
  const { model } = lowerGraph("fused", right(stepGraph(WHOLE_STEP)));
  const known = new Set([
    "",
    ...model.inputs.map(({ name }) => name),
    ...model.initializers.map(({ name }) => name),
  ]);
  for (const { op, inputs, outputs } of model.nodes) {
    for (const name of inputs) ok(known.has(name), `${op} reads ${name}`);
    for (const name of outputs) {
      ok(!known.has(name), `${op} writes ${name} again`);
      known.add(name);
    }
  }
  for (const { name } of model.outputs) ok(known.has(name), name);
});

Deno.test("lowerGraph() writes no call that nothing reads", () => {
  const { model } = lowerGraph("fused", right(stepGraph(WHOLE_STEP)));
  const read = new Set([
    ...model.outputs.map(({ name }) => name),
    ...model.nodes.flatMap(({ inputs }) => inputs),
  ]);
  const unread = model.nodes.filter(({ outputs }) =>
    !outputs.some((name) => read.has(name))
  );
  deepStrictEqual(unread.map(({ op }) => op), []);
});

Deno.test("lowerGraph() fuses every bias into its product, and every scale of attention", () => {
  const { model } = lowerGraph("fused", right(stepGraph(WHOLE_STEP)));
  const { depth, decoderDepth, stages } = WHOLE_STEP.model;
  const blocks = depth + stages.length * decoderDepth;
  const starts = model.nodes.filter(({ op, inputs }) =>
    op === "Gemm" && inputs.length === 3
  );
  // Four in each block, the patch embedding, each decoder's embedding and last layer.
  ok(starts.length >= 4 * blocks + 1 + 2 * stages.length, `${starts.length}`);
  const scaled = model.nodes.filter(({ op, attributes }) =>
    op === "FusedMatMul" && attributes.alpha !== undefined
  );
  // Scores, and the gradients of queries and keys.
  deepStrictEqual(scaled.length, 3 * blocks);
});

Deno.test("lowerGraph() calls nothing but ONNX's own operators in the plain dialect", () => {
  const { model } = lowerGraph("plain", right(stepGraph(WHOLE_STEP)));
  const others = model.nodes.filter(({ domain }) => domain !== "");
  deepStrictEqual(others.map(({ op }) => op), []);
});

Deno.test("lowerGraph() gives outputs that share a value, or are no call's, names of their own", () => {
  const { model, outputs } = lowerGraph(
    "fused",
    right(traceGraph((g) => {
      const x = g.input("x", [2, 3]);
      const kept = g.apply("sumTo", { shape: [2, 3] }, [x]);
      const square = g.apply("square", {}, [x]);
      const product = g.multiply(x, x);
      return { kept, square, product };
    })),
  );
  deepStrictEqual(outputs, ["kept", "square", "product"]);
  const names = model.outputs.map(({ name }) => name);
  deepStrictEqual(new Set(names).size, 3);
  deepStrictEqual(
    model.nodes.map(({ op }) => op).toSorted(),
    ["Identity", "Identity", "Mul"],
  );
});
