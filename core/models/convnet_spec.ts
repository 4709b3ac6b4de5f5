/**
 * Sizes of the convolutional networks that FreezeOut was made for.
 *
 * Shape letters: `B` images, `C` channels, `H`, `W` rows and columns.
 */
import { type Codec, numberIn, oneOf, wholeFrom } from "../codec/codec.ts";
import { recordOf, refined } from "../codec/structures.ts";
import type { Fault } from "../result.ts";

/** Place of normalisation and activation in a residual block: before its convolutions, or behind. */
export type ConvNetFamily = "wideResNet" | "resNet";

/** Sizes of a residual network for small images. */
export interface ConvNetSpec {
  /**
   * `wideResNet`: pre-activation blocks, a last normalisation before the pooling
   * (Zagoruyko and Komodakis 2016). `resNet`: normalisation behind every convolution
   * (He et al. 2016, section 4.2), with 1×1 convolutions where a shortcut changes its
   * shape.
   */
  readonly family: ConvNetFamily;
  /** Layers with weights: `6n + 4` of a `wideResNet`, `6n + 2` of a `resNet`, with `n ≥ 1` blocks in each of three groups. */
  readonly depth: number;
  /** Factor on the channels 16, 32 and 64 of the groups, a whole number. */
  readonly width: number;
  /** Side of the square images, pixels, at least 8. */
  readonly imageSize: number;
  /** Channels of an image: 1 for grey, 3 for colour. */
  readonly inChannels: number;
  /** Classes, at least 2. */
  readonly classes: number;
}

/** Layers outside of the blocks, as `depth` counts them. */
const OUTSIDE: Readonly<Record<ConvNetFamily, number>> = {
  wideResNet: 4,
  resNet: 2,
};

/** Groups of blocks, each on maps of half the side of the one before. */
const GROUPS = 3;

/** Convolutions of a block. */
const CONVOLUTIONS = 2;

/** Blocks of a group, `n`. */
const blocksOf = ({ family, depth }: ConvNetSpec): number =>
  (depth - OUTSIDE[family]) / (GROUPS * CONVOLUTIONS);

const wholeBlocks = (spec: ConvNetSpec): readonly Fault[] => {
  const blocks = blocksOf(spec);
  return Number.isInteger(blocks) && blocks >= 1 ? [] : [{
    _tag: "Inconsistent",
    path: "depth",
    found: spec.depth,
    wanted: `6·n + ${OUTSIDE[spec.family]} (${spec.family}), n at least 1`,
  }];
};

/** Accepts networks that can be built. */
export const convNetCodec: Codec<ConvNetSpec> = refined(
  recordOf<ConvNetSpec>({
    family: oneOf<ConvNetFamily>("wideResNet", "resNet"),
    depth: wholeFrom(8),
    width: wholeFrom(1),
    imageSize: wholeFrom(8),
    inChannels: numberIn("1 or 3", (value) => value === 1 || value === 3),
    classes: wholeFrom(2),
  }),
  wholeBlocks,
);

/** A residual block. */
export interface ConvNetBlock {
  /** Prefix of its tensors, for example `block2.layer.0`. */
  readonly name: string;
  /** Channels that it is given. */
  readonly inputs: number;
  /** Channels that it gives. */
  readonly outputs: number;
  /** Stride of its first convolution and of its shortcut. */
  readonly stride: 1 | 2;
}

/** Channels behind the first convolution of every network. */
export const STEM_CHANNELS = 16;

const blockName = (
  { family }: ConvNetSpec,
  group: number,
  block: number,
): string =>
  family === "wideResNet"
    ? `block${group + 1}.layer.${block}`
    : `layer${group + 1}.${block}`;

/** Residual blocks of a network from shallow to deep. */
export function convNetBlocks(spec: ConvNetSpec): readonly ConvNetBlock[] {
  const perGroup = blocksOf(spec);
  return Array.from({ length: GROUPS * perGroup }, (_, i): ConvNetBlock => {
    const [group, block] = [Math.floor(i / perGroup), i % perGroup];
    const outputs = STEM_CHANNELS * spec.width * 2 ** group;
    const before = group === 0 ? STEM_CHANNELS : outputs / 2;
    return {
      name: blockName(spec, group, block),
      inputs: block === 0 ? before : outputs,
      outputs,
      stride: block === 0 && group > 0 ? 2 : 1,
    };
  });
}

/**
 * Names of the layers that freeze as one, shallow to deep: the first convolution, every
 * block, and the head with the layers before it.
 */
export function convNetLayers(spec: ConvNetSpec): readonly string[] {
  return ["conv1", ...convNetBlocks(spec).map(({ name }) => name), "fc"];
}
