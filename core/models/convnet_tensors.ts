/**
 * Every tensor of a convolutional network: parameters, and the running statistics of
 * its normalisations.
 *
 * Names are those of the reference implementations (of WRN-PyTorch and torchvision),
 * layouts PyTorch's.
 *
 * @module
 */
import type { Initializer } from "./parameters.ts";
import {
  type ConvNetBlock,
  convNetBlocks,
  type ConvNetSpec,
  headChannels,
  STEM_CHANNELS,
} from "./convnet_spec.ts";

/** One tensor. */
export interface ConvNetTensor {
  /** Name in checkpoints, for example `block1.layer.0.conv1.weight`. */
  readonly name: string;
  /** Shape in PyTorch's layout. */
  readonly shape: readonly number[];
  /** Index of the layer that it belongs to, from 0. */
  readonly layer: number;
  /** First value. */
  readonly init: Initializer;
}

/** Tensors of a network by what changes them. */
export interface ConvNetTensors {
  /** What the optimizer moves. */
  readonly parameters: readonly ConvNetTensor[];
  /** Running means and variances. */
  readonly statistics: readonly ConvNetTensor[];
}

/** A tensor before its layer is known. */
type Local = Omit<ConvNetTensor, "layer">;

interface LocalTensors {
  readonly parameters: readonly Local[];
  readonly statistics: readonly Local[];
}

const zeros: Initializer = { _tag: "Zeros" };
const ones: Initializer = { _tag: "Ones" };

/** He et al. 2015 for the way back: deviation `√(2 / (k²·outputs))`. No bias. */
const convolution = (
  name: string,
  inputs: number,
  outputs: number,
  kernel: 1 | 3,
): LocalTensors => ({
  parameters: [{
    name: `${name}.weight`,
    shape: [outputs, inputs, kernel, kernel],
    init: {
      _tag: "Normal",
      deviation: Math.sqrt(2 / (kernel ** 2 * outputs)),
    },
  }],
  statistics: [],
});

const norm = (name: string, channels: number): LocalTensors => ({
  parameters: [
    { name: `${name}.weight`, shape: [channels], init: ones },
    { name: `${name}.bias`, shape: [channels], init: zeros },
  ],
  statistics: [
    { name: `${name}.running_mean`, shape: [channels], init: zeros },
    { name: `${name}.running_var`, shape: [channels], init: ones },
  ],
});

/** PyTorch's first values of a linear layer, with bias 0. */
const linear = (
  name: string,
  inputs: number,
  outputs: number,
): LocalTensors => ({
  parameters: [
    {
      name: `${name}.weight`,
      shape: [outputs, inputs],
      init: { _tag: "Uniform", bound: 1 / Math.sqrt(inputs) },
    },
    { name: `${name}.bias`, shape: [outputs], init: zeros },
  ],
  statistics: [],
});

/** Whether a block's shortcut changes channels or pixels. */
export function hasProjection(
  { inputs, outputs, stride }: ConvNetBlock,
): boolean {
  return inputs !== outputs || stride !== 1;
}

function blockTensors(
  { family }: ConvNetSpec,
  block: ConvNetBlock,
): readonly LocalTensors[] {
  const { name, inputs, outputs } = block;
  const isWide = family === "wideResNet";
  const projection = isWide
    ? [convolution(`${name}.convShortcut`, inputs, outputs, 1)]
    : [
      convolution(`${name}.downsample.0`, inputs, outputs, 1),
      norm(`${name}.downsample.1`, outputs),
    ];
  return [
    norm(`${name}.bn1`, isWide ? inputs : outputs),
    convolution(`${name}.conv1`, inputs, outputs, 3),
    norm(`${name}.bn2`, outputs),
    convolution(`${name}.conv2`, outputs, outputs, 3),
    ...hasProjection(block) ? projection : [],
  ];
}

/** Tensors of each layer, shallow to deep. */
function layerTensors(spec: ConvNetSpec): readonly (readonly LocalTensors[])[] {
  const isWide = spec.family === "wideResNet";
  const last = headChannels(spec);
  return [
    [
      convolution("conv1", spec.inChannels, STEM_CHANNELS, 3),
      ...isWide ? [] : [norm("bn1", STEM_CHANNELS)],
    ],
    ...convNetBlocks(spec).map((block) => blockTensors(spec, block)),
    [
      ...isWide ? [norm("bn1", last)] : [],
      linear("fc", last, spec.classes),
    ],
  ];
}

/**
 * Every tensor of a network, shallow to deep.
 *
 * @param spec Sizes.
 * @returns Parameters and running statistics, each with its layer.
 *
 * @example WRN-40-4 for a hundred classes has 8,972,340 parameters
 * ```ts
 * import { convNetTensors, sizeOf } from "@vitfreeze/vitfreeze/core";
 * import { strictEqual } from "node:assert/strict";
 *
 * const { parameters } = convNetTensors({
 *   family: "wideResNet", depth: 40, width: 4, imageSize: 32, inChannels: 3, classes: 100,
 * });
 *
 * strictEqual(parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0), 8_972_340);
 * ```
 */
export function convNetTensors(spec: ConvNetSpec): ConvNetTensors {
  const layers = layerTensors(spec);
  const all = (kind: keyof LocalTensors): readonly ConvNetTensor[] =>
    layers.flatMap((tensors, layer) =>
      tensors.flatMap((local) =>
        local[kind].map((tensor) => ({ ...tensor, layer }))
      )
    );
  return { parameters: all("parameters"), statistics: all("statistics") };
}
