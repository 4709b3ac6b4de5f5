import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  allStages,
  isDecayed,
  MODEL_PRESETS,
  type ModelSpec,
  type Owner,
  type ParameterSpec,
  parameterSpecs,
  sizeOf,
} from "../../../core/mod.ts";
import { modelSpec } from "../../arbitraries.ts";
import { goldenJson, goldenTensors } from "../../golden_files.ts";
import { TINY_MODEL } from "../../tiny_model.ts";

const countOf = (
  spec: ModelSpec,
  belongs: (parameter: ParameterSpec) => boolean = () => true,
): number =>
  parameterSpecs(spec).filter(belongs)
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);

const isOf = (tag: Owner["_tag"]) => ({ owner }: ParameterSpec): boolean =>
  owner._tag === tag;

const startsWith = (prefix: string) => ({ name }: ParameterSpec): boolean =>
  name.startsWith(prefix);

/** Counted by PyTorch 1.13.1 in the models of ViTFreeze 30e80f9. */
const COUNTS = {
  "vit-s": {
    all: 25_463_276,
    encoder: 21_589_248,
    norms: 3_072,
    decoders: [1_055_131, 1_023_771, 896_027, 896_027],
    patchEmbed: 295_296,
    block: 1_774_464,
  },
  "vit-b": {
    all: 89_916_140,
    encoder: 85_645_824,
    norms: 6_144,
    decoders: [1_153_435, 1_122_075, 994_331, 994_331],
    patchEmbed: 590_592,
    block: 7_087_872,
  },
  "vit-l": {
    all: 307_632_364,
    encoder: 303_097_856,
    norms: 8_192,
    decoders: [1_218_971, 1_187_611, 1_059_867, 1_059_867],
    patchEmbed: 787_456,
    block: 12_596_224,
  },
  "vit-h": {
    all: 635_231_980,
    encoder: 630_433_280,
    norms: 10_240,
    decoders: [1_284_507, 1_253_147, 1_125_403, 1_125_403],
    patchEmbed: 753_920,
    block: 19_677_440,
  },
} as const;

for (const name of ["vit-s", "vit-b", "vit-l", "vit-h"] as const) {
  Deno.test(`parameterSpecs() of ${name} have as many numbers as the reference`, () => {
    const spec = MODEL_PRESETS[name];
    const found = {
      all: countOf(spec),
      encoder: countOf(spec, (parameter) => !isOf("Stage")(parameter)),
      norms: countOf(spec, startsWith("norm.")),
      decoders: spec.stages.map((_, k) =>
        countOf(spec, startsWith(`decoder.${k}.`))
      ),
      patchEmbed: countOf(spec, isOf("PatchEmbed")),
      block: countOf(spec, startsWith("blocks.7.")),
    };
    deepStrictEqual(found, COUNTS[name]);
  });
}

Deno.test("parameterSpecs() of ViT-B with a stage after every block are 98,847,492 numbers", () => {
  const spec = { ...MODEL_PRESETS["vit-b"], stages: allStages(12) };
  strictEqual(countOf(spec), 98_847_492);
});

interface Group {
  readonly name: string;
  readonly shape: readonly number[];
  readonly "layer_index": number | null;
  readonly "weight_decay": number;
}

Deno.test("parameterSpecs() have the names, shapes and decay of the reference's parameter groups", () => {
  const { param_groups: groups } = goldenJson("tiny/tiny_training.json") as {
    readonly "param_groups": readonly Group[];
  };
  const byName = (a: { name: string }, b: { name: string }): number =>
    a.name < b.name ? -1 : 1;
  deepStrictEqual(
    parameterSpecs(TINY_MODEL).map(({ name, shape, ...rest }) => ({
      name,
      shape,
      decay: isDecayed({ name, shape, ...rest }) ? 0.05 : 0,
    })).toSorted(byName),
    groups.map(({ name, shape, weight_decay: decay }) => ({
      name,
      shape,
      decay,
    })).toSorted(byName),
  );
});

Deno.test("parameterSpecs() are the tensors of a checkpoint, but for fixed tables and filters", () => {
  const stored = goldenTensors("tiny/tiny_weights.safetensors");
  const fixed = /pos_embed$|^hog_enc\./;
  deepStrictEqual(
    new Map(
      parameterSpecs(TINY_MODEL).map(({ name, shape }) => [name, shape]),
    ),
    new Map(
      [...stored].filter(([name]) => !fixed.test(name))
        .map(([name, { shape }]) => [name, shape]),
    ),
  );
});

Deno.test("parameterSpecs() never name two parameters alike", () => {
  fc.assert(fc.property(modelSpec, (spec) => {
    const names = parameterSpecs(spec).map(({ name }) => name);
    strictEqual(new Set(names).size, names.length);
  }));
});
