/**
 * Every trainable tensor of a model: its name, shape, owner and first value.
 *
 * Names and layouts are those of timm and LocalMIM checkpoints: a linear layer
 * is `[out, in]`, a convolution `[out, in, k, k]`, a transposed one
 * `[in, out, k, k]`.
 *
 * @module
 */
import {
  type ModelSpec,
  type StageScale,
  targetChannels,
} from "./model_spec.ts";

/** The part of the model that a parameter belongs to; a plan maps parts to layers. */
export type Owner =
  | { readonly _tag: "ClassToken" }
  | { readonly _tag: "PatchEmbed" }
  | { readonly _tag: "Block"; readonly index: number }
  | { readonly _tag: "Stage"; readonly index: number };

/** How a parameter starts. */
export type Initializer =
  | { readonly _tag: "Zeros" }
  | { readonly _tag: "Ones" }
  | { readonly _tag: "Normal"; readonly deviation: number }
  | { readonly _tag: "Uniform"; readonly bound: number };

/** One trainable tensor. */
export interface ParameterSpec {
  /** Name in checkpoints, for example `blocks.0.attn.qkv.weight`. */
  readonly name: string;
  /** Shape in PyTorch's layout. */
  readonly shape: readonly number[];
  /** Part of the model that it belongs to. */
  readonly owner: Owner;
  /** First value. */
  readonly init: Initializer;
}

/** A parameter before it is given its prefix and owner. */
type Local = Omit<ParameterSpec, "owner">;

const zeros: Initializer = { _tag: "Zeros" };
const ones: Initializer = { _tag: "Ones" };
const tokenInit: Initializer = { _tag: "Normal", deviation: 0.02 };
const uniform = (bound: number): Initializer => ({ _tag: "Uniform", bound });
/** Glorot and Bengio 2010, eq. 16. */
const xavier = (fanIn: number, fanOut: number): Initializer =>
  uniform(Math.sqrt(6 / (fanIn + fanOut)));

const under = (prefix: string) => (local: Local): Local => ({
  ...local,
  name: `${prefix}.${local.name}`,
});

const linear = (name: string, inputs: number, outputs: number): Local[] => [
  {
    name: `${name}.weight`,
    shape: [outputs, inputs],
    init: xavier(inputs, outputs),
  },
  { name: `${name}.bias`, shape: [outputs], init: zeros },
];

const norm = (name: string, width: number): Local[] => [
  { name: `${name}.weight`, shape: [width], init: ones },
  { name: `${name}.bias`, shape: [width], init: zeros },
];

/** 1×1 convolution; PyTorch's default bounds `1/√fanIn`. */
const pointwise = (name: string, inputs: number, outputs: number): Local[] => [
  {
    name: `${name}.weight`,
    shape: [outputs, inputs, 1, 1],
    init: uniform(1 / Math.sqrt(inputs)),
  },
  {
    name: `${name}.bias`,
    shape: [outputs],
    init: uniform(1 / Math.sqrt(inputs)),
  },
];

/** 2×2 transposed convolution of stride 2; PyTorch takes `fanIn = outputs·4`. */
const upsample = (name: string, inputs: number, outputs: number): Local[] => {
  const init = uniform(1 / Math.sqrt(4 * outputs));
  return [
    { name: `${name}.weight`, shape: [inputs, outputs, 2, 2], init },
    { name: `${name}.bias`, shape: [outputs], init },
  ];
};

const blockParameters = (width: number, mlpRatio: number): Local[] => [
  ...norm("norm1", width),
  ...linear("attn.qkv", width, 3 * width),
  ...linear("attn.proj", width, width),
  ...norm("norm2", width),
  ...linear("mlp.fc1", width, mlpRatio * width),
  ...linear("mlp.fc2", mlpRatio * width, width),
];

/**
 * Numbered steps of a prediction head. Steps without parameters (activations,
 * pooling) keep their number, so names agree with checkpoints.
 */
export type HeadStep =
  | {
    readonly _tag: "Upsample";
    readonly index: number;
    readonly inputs: number;
    readonly outputs: number;
  }
  | {
    readonly _tag: "NormGelu";
    readonly index: number;
    readonly width: number;
  }
  | { readonly _tag: "AveragePool"; readonly index: number }
  | {
    readonly _tag: "Pointwise";
    readonly index: number;
    readonly inputs: number;
    readonly outputs: number;
  };

/**
 * The head that turns a decoder's `G×G` tokens into `(scale·G)²` cells.
 *
 * @param width Decoder width `d`.
 * @param scale Cells along one side of a patch.
 * @param outputs Values of a cell.
 * @returns Steps in order, with their number in the checkpoint's names.
 */
export function headSteps(
  width: number,
  scale: StageScale,
  outputs: number,
): readonly HeadStep[] {
  if (scale === 0.5) {
    return [
      { _tag: "AveragePool", index: 0 },
      { _tag: "Pointwise", index: 1, inputs: width, outputs },
    ];
  }
  const ups = Math.log2(scale);
  const steps = Array.from({ length: ups }, (_, k): HeadStep[] => {
    const [inputs, half] = [width / 2 ** k, width / 2 ** (k + 1)];
    const up: HeadStep = {
      _tag: "Upsample",
      index: 3 * k,
      inputs,
      outputs: half,
    };
    const last = k === ups - 1;
    return last
      ? [up]
      : [up, { _tag: "NormGelu", index: 3 * k + 1, width: half }];
  }).flat();
  const index = ups === 0 ? 0 : 3 * ups - 2;
  return [...steps, {
    _tag: "Pointwise",
    index,
    inputs: width / scale,
    outputs,
  }];
}

const headParameters = (steps: readonly HeadStep[]): Local[] =>
  steps.flatMap((step) => {
    const name = `pred.${step.index}`;
    switch (step._tag) {
      case "Upsample":
        return upsample(name, step.inputs, step.outputs);
      case "NormGelu":
        return norm(name, step.width);
      case "Pointwise":
        return pointwise(name, step.inputs, step.outputs);
      case "AveragePool":
        return [];
    }
  });

const decoderParameters = (spec: ModelSpec, scale: StageScale): Local[] => {
  const width = spec.decoderEmbedDim;
  return [
    { name: "mask_token", shape: [1, 1, width], init: tokenInit },
    ...linear("embed", spec.embedDim, width),
    ...Array.from(
      { length: spec.decoderDepth },
      (_, i) => blockParameters(width, 4).map(under(`blocks.${i}`)),
    ).flat(),
    ...norm("norm", width),
    ...headParameters(headSteps(width, scale, targetChannels(spec))),
  ];
};

const patchEmbedParameters = (spec: ModelSpec): Local[] => {
  const { patchSize: P, inChannels: C, embedDim: D } = spec;
  const fanIn = C * P * P;
  return [
    {
      name: "patch_embed.proj.weight",
      shape: [D, C, P, P],
      init: xavier(fanIn, D),
    },
    {
      name: "patch_embed.proj.bias",
      shape: [D],
      init: uniform(1 / Math.sqrt(fanIn)),
    },
  ];
};

/**
 * Every trainable tensor of a model, shallow to deep: class token, patch
 * embedding, blocks, then norm and decoder of each stage.
 *
 * @param spec Sizes of the model.
 * @returns Names, shapes, owners and first values.
 *
 * @example The encoder of ViT-B/16 with its four decoders
 * ```ts
 * import { MODEL_PRESETS, parameterSpecs } from "@vitfreeze/vitfreeze/core";
 * import { strictEqual } from "node:assert/strict";
 *
 * const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
 * const parameters = parameterSpecs(MODEL_PRESETS["vit-b"]);
 *
 * strictEqual(parameters.reduce((sum, { shape }) => sum + size(shape), 0), 89_916_140);
 * ```
 */
export function parameterSpecs(spec: ModelSpec): readonly ParameterSpec[] {
  const owned = (owner: Owner) => (local: Local): ParameterSpec => ({
    ...local,
    owner,
  });
  const classToken: Local = {
    name: "cls_token",
    shape: [1, 1, spec.embedDim],
    init: tokenInit,
  };
  return [
    owned({ _tag: "ClassToken" })(classToken),
    ...patchEmbedParameters(spec).map(owned({ _tag: "PatchEmbed" })),
    ...Array.from(
      { length: spec.depth },
      (_, index) =>
        blockParameters(spec.embedDim, spec.mlpRatio)
          .map(under(`blocks.${index}`)).map(owned({ _tag: "Block", index })),
    ).flat(),
    ...spec.stages.flatMap((stage, index) =>
      [
        ...norm(`norm.${index}`, spec.embedDim),
        ...decoderParameters(spec, stage.scale).map(under(`decoder.${index}`)),
      ].map(owned({ _tag: "Stage", index }))
    ),
  ];
}

/**
 * Whether weight decay applies: not to vectors, scalars and biases.
 *
 * @param parameter Name and shape of the parameter.
 */
export function isDecayed(
  parameter: Pick<ParameterSpec, "name" | "shape">,
): boolean {
  return parameter.shape.length > 1 && !parameter.name.endsWith(".bias");
}
