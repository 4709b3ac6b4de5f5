import {
  deepStrictEqual,
  notDeepStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import {
  initialParameters,
  initialValues,
  localMimStages,
  MODEL_PRESETS,
  type ModelSpec,
  type ParameterSpec,
  parameterSpecs,
  rootKey,
  split,
} from "../../../core/mod.ts";

const model: ModelSpec = {
  ...MODEL_PRESETS.nano,
  imageSize: 32,
  embedDim: 96,
  depth: 8,
  numHeads: 3,
  stages: localMimStages(8),
  decoderEmbedDim: 48,
  decoderNumHeads: 3,
};
const { embedDim: D, patchSize: P, inChannels: C, decoderEmbedDim: d } = model;
const parameters = initialParameters(model, rootKey(0));

const valuesOf = (name: string): Float32Array => {
  const values = parameters.get(name);
  if (values === undefined) throw new Error(`no parameter ${name}`);
  return values;
};

const mean = (values: Float32Array): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;
const meanSquare = (values: Float32Array): number =>
  values.reduce((sum, x) => sum + x * x, 0) / values.length;
const largest = (values: Float32Array): number =>
  values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** Uniform on ±bound: within it, close to it, mean 0, mean square bound²/3. */
function isUniform(name: string, bound: number): void {
  const values = valuesOf(name);
  const n = values.length;
  ok(largest(values) <= Math.fround(bound), `${name} leaves its bound`);
  ok(largest(values) > bound * (1 - 20 / n), `${name} does not fill its bound`);
  // Five deviations of the mean of x, and of the mean of x².
  ok(Math.abs(mean(values)) < 5 * bound / Math.sqrt(3 * n), `${name}: mean`);
  const spread = 5 * bound ** 2 * Math.sqrt(4 / 45 / n);
  ok(Math.abs(meanSquare(values) - bound ** 2 / 3) < spread, `${name}: spread`);
}

Deno.test("initialParameters() has every parameter with its size, in order", () => {
  const specs = parameterSpecs(model);
  deepStrictEqual([...parameters.keys()], specs.map(({ name }) => name));
  for (const { name, shape } of specs) {
    strictEqual(valuesOf(name).length, shape.reduce((a, b) => a * b, 1), name);
  }
});

Deno.test("initialParameters() draws linear layers Xavier-uniform, qkv as one matrix", () => {
  isUniform("blocks.0.attn.qkv.weight", Math.sqrt(6 / (D + 3 * D)));
  isUniform("blocks.3.attn.proj.weight", Math.sqrt(6 / (D + D)));
  isUniform("blocks.7.mlp.fc1.weight", Math.sqrt(6 / (D + 4 * D)));
  isUniform("blocks.7.mlp.fc2.weight", Math.sqrt(6 / (D + 4 * D)));
  isUniform("decoder.0.embed.weight", Math.sqrt(6 / (D + d)));
  isUniform("patch_embed.proj.weight", Math.sqrt(6 / (C * P * P + D)));
});

Deno.test("initialParameters() keeps PyTorch's bounds 1/√fanIn for convolutions and their biases", () => {
  isUniform("patch_embed.proj.bias", 1 / Math.sqrt(C * P * P));
  // Transposed convolutions count outputs × kernel area as fan-in.
  isUniform("decoder.0.pred.0.weight", 1 / Math.sqrt(d / 2 * 4));
  isUniform("decoder.0.pred.0.bias", 1 / Math.sqrt(d / 2 * 4));
  isUniform("decoder.0.pred.4.weight", 1 / Math.sqrt(d / 4));
  isUniform("decoder.2.pred.0.weight", 1 / Math.sqrt(d));
  isUniform("decoder.3.pred.1.bias", 1 / Math.sqrt(d));
});

Deno.test("initialParameters() starts linear biases at 0 and norms at 1 and 0", () => {
  const allAre = (value: number, names: readonly string[]): void =>
    names.forEach((name) => ok(valuesOf(name).every((x) => x === value), name));
  const norms = [
    "blocks.0.norm1",
    "blocks.7.norm2",
    "norm.3",
    "decoder.0.norm",
    "decoder.0.blocks.0.norm1",
    "decoder.0.pred.1",
  ];
  allAre(1, norms.map((name) => `${name}.weight`));
  allAre(0, norms.map((name) => `${name}.bias`));
  allAre(0, [
    "blocks.0.attn.qkv.bias",
    "blocks.0.attn.proj.bias",
    "blocks.7.mlp.fc1.bias",
    "blocks.7.mlp.fc2.bias",
    "decoder.2.embed.bias",
    "decoder.3.blocks.0.mlp.fc1.bias",
  ]);
});

Deno.test("initialParameters() draws tokens from a normal distribution of deviation 0.02", () => {
  const tokens = [
    "cls_token",
    ...[0, 1, 2, 3].map((k) => `decoder.${k}.mask_token`),
  ];
  const all = Float32Array.from(tokens.flatMap((name) => [...valuesOf(name)]));
  const deviation = Math.sqrt(meanSquare(all));
  // 288 numbers: the deviation of an estimated deviation is 0.02/√576.
  ok(Math.abs(deviation - 0.02) < 5 * 0.02 / Math.sqrt(576), `${deviation}`);
  ok(Math.abs(mean(all)) < 5 * 0.02 / Math.sqrt(288));
});

Deno.test("initialParameters() gives each tensor its own stream, whatever else the model has", () => {
  const qkv = (index: number) => valuesOf(`blocks.${index}.attn.qkv.weight`);
  notDeepStrictEqual(qkv(0), qkv(1));
  const deeper = initialParameters({ ...model, depth: 9 }, rootKey(0));
  deepStrictEqual(
    deeper.get("blocks.7.mlp.fc2.weight"),
    valuesOf("blocks.7.mlp.fc2.weight"),
  );
  notDeepStrictEqual(
    initialParameters(model, rootKey(1)).get("cls_token"),
    valuesOf("cls_token"),
  );
});

Deno.test("initialParameters() keeps its numbers from release to release", () => {
  const recorded = initialParameters(model, split(rootKey(0), "parameters"));
  deepStrictEqual(
    [...recorded.get("patch_embed.proj.weight") ?? []].slice(0, 3),
    [
      0.14182177186012268,
      -0.03441762551665306,
      -0.09799318760633469,
    ],
  );
});

Deno.test("initialValues() of ones and zeros need no randomness", () => {
  const shape: ParameterSpec["shape"] = [2, 3];
  const [a, b] = [rootKey(0), rootKey(1)];
  for (const [init, value] of [["Ones", 1], ["Zeros", 0]] as const) {
    deepStrictEqual(
      [...initialValues({ shape, init: { _tag: init } }, a)],
      Array(6).fill(value),
    );
    deepStrictEqual(
      initialValues({ shape, init: { _tag: init } }, b),
      initialValues({ shape, init: { _tag: init } }, a),
    );
  }
});
