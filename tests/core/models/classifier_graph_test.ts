import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  classifierParameters,
  classifierScoreGraph,
  classifierStepGraph,
  gradientName,
  inputSignatures,
  interpretGraph,
  MODEL_PRESETS,
  type Owner,
  sizeOf,
} from "../../../core/mod.ts";
import type { ClassifierStep } from "../../../core/models/classifier.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import {
  goldenTensors,
  largestDifference,
  numbersOf,
} from "../../golden_files.ts";
import { right } from "../../right.ts";
import { TINY_MODEL } from "../../tiny_model.ts";

const GOLDEN = goldenTensors("finetune_tiny.safetensors");
const WEIGHTS = goldenTensors("tiny/tiny_weights.safetensors");
const IMAGES = goldenTensors("tiny/tiny_inputs.safetensors");

const STEP: ClassifierStep = {
  model: TINY_MODEL,
  classes: 10,
  batch: 3,
  samples: 3,
  dropPath: false,
  isTrainable: () => true,
};

const INPUTS: NamedValues = Object.fromEntries([
  ...classifierParameters(STEP).map(({ name }) => [
    name,
    numbersOf(GOLDEN.has(name) ? GOLDEN : WEIGHTS, name),
  ]),
  ["images", numbersOf(IMAGES, "images")],
  ["targets", numbersOf(GOLDEN, "soft_targets")],
]);

const outputsOf = (step: ClassifierStep, inputs: NamedValues = INPUTS) =>
  interpretGraph(
    right(
      classifierStepGraph(step, ({ pooled, scores }) => ({ pooled, scores })),
    ),
    inputs,
  );

Deno.test("classifierStepGraph() gives features, scores and loss of the reference", () => {
  const { pooled, scores, loss } = outputsOf(STEP);
  ok(largestDifference(pooled, numbersOf(GOLDEN, "pooled_features")) < 3e-5);
  ok(largestDifference(scores, numbersOf(GOLDEN, "logits")) < 3e-5);
  ok(largestDifference(loss, numbersOf(GOLDEN, "loss")) < 1e-6);
});

Deno.test("classifierStepGraph() gives the reference's gradients to 1e-5 of the largest, positions and class token among them", () => {
  const found = outputsOf(STEP);
  const names = [...GOLDEN.keys()].filter((name) => name.startsWith("grad."));
  strictEqual(names.length, 7);
  for (const name of names) {
    const wanted = numbersOf(GOLDEN, name);
    const largest = wanted.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const error = largestDifference(found[gradientName(name.slice(5))], wanted);
    ok(error < 1e-5 * largest, `${name} is off by ${error / largest}`);
  }
});

Deno.test("classifierScoreGraph() scores as the step does", () => {
  const { scores } = interpretGraph(
    right(classifierScoreGraph(STEP, 3)),
    INPUTS,
  );
  deepStrictEqual(scores, outputsOf(STEP).scores);
});

Deno.test("classifierStepGraph() of micro-batches adds up to that of the whole batch", () => {
  const whole = outputsOf(STEP);
  const third = (name: string, k: number): Float64Array => {
    const values = INPUTS[name]!;
    return values.subarray(k * values.length / 3, (k + 1) * values.length / 3);
  };
  const parts = [0, 1, 2].map((k) =>
    outputsOf({ ...STEP, batch: 1 }, {
      ...INPUTS,
      images: third("images", k),
      targets: third("targets", k),
    })
  );
  for (
    const name of [
      "loss",
      "gradient/head.weight",
      "gradient/blocks.3.mlp.fc1.bias",
    ]
  ) {
    const sum = whole[name]!.map((_, i) =>
      parts.reduce((a, part) => a + part[name]![i]!, 0)
    );
    ok(largestDifference(sum, whole[name]!) < 1e-12, name);
  }
});

const ones = (depth: number): number[] => Array<number>(2 * depth * 3).fill(1);

Deno.test("classifierStepGraph() with dropped branches: factors of 1 change nothing, 0 takes a block away", () => {
  const step = { ...STEP, dropPath: true };
  const plain = outputsOf(STEP);
  const branches = Float64Array.from(ones(12));
  deepStrictEqual(
    outputsOf(step, { ...INPUTS, branches }).scores,
    plain.scores,
  );
  // Sample 1 without block 11 is a model without it; the others stay.
  const dropped = branches.slice();
  dropped[24 + 22] = dropped[24 + 23] = 0;
  const { scores } = outputsOf(step, { ...INPUTS, branches: dropped });
  const shorter = { ...STEP, model: { ...TINY_MODEL, depth: 11 } };
  const without = outputsOf(shorter).scores!;
  ok(
    largestDifference(scores!.subarray(10, 20), without.subarray(10, 20)) <
      1e-12,
  );
  ok(
    largestDifference(scores!.subarray(0, 10), plain.scores!.subarray(0, 10)) <
      1e-12,
  );
});

Deno.test("classifierStepGraph() has nothing of a frozen prefix but its forward pass", () => {
  const isTrainable = (owner: Owner) =>
    owner._tag === "Stage" || owner._tag === "Block" && owner.index >= 10;
  const graph = right(classifierStepGraph({ ...STEP, isTrainable }));
  const gradientOps = (g: typeof graph) =>
    g.nodes.filter(({ op }) => op === "geluGrad").length;
  strictEqual(gradientOps(graph), 2);
  strictEqual(gradientOps(right(classifierStepGraph(STEP))), 12);
  ok(
    Object.keys(graph.outputs).every((name) =>
      name === "loss" || /^gradient\/(blocks\.1[01]\.|fc_norm|head)/.test(name)
    ),
  );
});

Deno.test("classifierParameters() of ViT-B/16 with 1000 classes are the reference's 86,567,656 numbers", () => {
  const spec = { model: MODEL_PRESETS["vit-b"], classes: 1000 };
  const sizes = classifierParameters(spec).map(({ shape }) => sizeOf(shape));
  strictEqual(sizes.reduce((a, b) => a + b, 0), 86_567_656);
  const graph = right(classifierScoreGraph({ ...STEP }, 1));
  deepStrictEqual(
    new Set(Object.keys(inputSignatures(graph))),
    new Set(["images", ...classifierParameters(STEP).map(({ name }) => name)]),
  );
});
