/**
 * Residual networks for small images.
 *
 * @see Zagoruyko and Komodakis, Wide Residual Networks, 2016; He et al., Deep Residual
 * Learning for Image Recognition, 2016, section 4.2.
 */
import { type Codec, oneOf, wholeFrom } from "../../codec/codec.ts";
import { recordOf, refined } from "../../codec/structures.ts";
import type { NodeId } from "../../graph/node.ts";
import { uniform } from "../../nn/init.ts";
import { linear } from "../../nn/layers.ts";
import { type Fault, inconsistent } from "../../result.ts";
import {
  convolved,
  imageSizeCodecs,
  type ImageSizes,
  type LayerScope,
  type NetworkLayer,
  normalized,
  pixelMean,
  relu,
} from "./network.ts";

/** Place of normalisation and activation in a residual block: before its convolutions, or behind. */
export type ResidualFamily = "wideResNet" | "resNet";

/** Sizes of a residual network for small images. */
export interface ResidualSpec<Family extends ResidualFamily = ResidualFamily>
  extends ImageSizes {
  /**
   * `wideResNet`: pre-activation blocks, a last normalisation before the pooling
   * (Zagoruyko and Komodakis 2016). `resNet`: normalisation behind every convolution
   * (He et al. 2016, section 4.2), with 1×1 convolutions where a shortcut changes its
   * shape.
   */
  readonly family: Family;
  /** Layers with weights: `6n + 4` of a `wideResNet`, `6n + 2` of a `resNet`, with `n ≥ 1` blocks in each of three groups. */
  readonly depth: number;
  /** Factor on the channels 16, 32 and 64 of the groups, a whole number. */
  readonly width: number;
}

/** Layers outside of the blocks, as `depth` counts them. */
const OUTSIDE: Readonly<Record<ResidualFamily, number>> = {
  wideResNet: 4,
  resNet: 2,
};

/** Groups of blocks, each on maps of half the side of the one before. */
const GROUPS = 3;

/** Convolutions of a block. */
const CONVOLUTIONS = 2;

/** Channels behind the first convolution. */
const STEM_CHANNELS = 16;

/** Blocks of a group, `n`. */
const blocksOf = ({ family, depth }: ResidualSpec): number =>
  (depth - OUTSIDE[family]) / (GROUPS * CONVOLUTIONS);

const wholeBlocks = (spec: ResidualSpec): readonly Fault[] => {
  const blocks = blocksOf(spec);
  return inconsistent(
    Number.isInteger(blocks) && blocks >= 1,
    "depth",
    spec.depth,
    `6·n + ${OUTSIDE[spec.family]} (${spec.family}), n at least 1`,
  );
};

/** Accepts residual networks of one kind that can be built. */
export const residualCodec = <Family extends ResidualFamily>(
  family: Family,
): Codec<ResidualSpec<Family>> =>
  refined(
    recordOf<ResidualSpec<Family>>({
      family: oneOf(family),
      depth: wholeFrom(8),
      width: wholeFrom(1),
      ...imageSizeCodecs,
    }),
    wholeBlocks,
  );

/** A residual block. */
interface Block {
  /** Prefix of its tensors, for example `block2.layer.0`. */
  readonly name: string;
  /** Channels that it is given. */
  readonly inputs: number;
  /** Channels that it gives. */
  readonly outputs: number;
  /** Stride of its first convolution and of its shortcut. */
  readonly stride: 1 | 2;
}

const blockName = (
  { family }: ResidualSpec,
  group: number,
  block: number,
): string =>
  family === "wideResNet"
    ? `block${group + 1}.layer.${block}`
    : `layer${group + 1}.${block}`;

/** Residual blocks of a network from shallow to deep. */
function blocksFrom(spec: ResidualSpec): readonly Block[] {
  const perGroup = blocksOf(spec);
  return Array.from({ length: GROUPS * perGroup }, (_, i): Block => {
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

/** Images on their way through a layer. */
type Layer = NetworkLayer["apply"];

/** True if a block's shortcut changes channels or pixels. */
const hasProjection = ({ inputs, outputs, stride }: Block): boolean =>
  inputs !== outputs || stride !== 1;

/**
 * Pre-activation block. Where the shortcut changes its shape it begins behind the first
 * activation, as both branches then do.
 */
const wideBlock = (block: Block): Layer => (scope, x) => {
  const { name, stride, outputs } = block;
  const active = relu(scope, normalized(scope, `${name}.bn1`, x));
  const first = convolved(scope, `${name}.conv1`, active, outputs, 3, stride);
  const middle = relu(scope, normalized(scope, `${name}.bn2`, first));
  const second = convolved(scope, `${name}.conv2`, middle, outputs, 3);
  const shortcut = hasProjection(block)
    ? convolved(scope, `${name}.convShortcut`, active, outputs, 1, stride)
    : x;
  return scope.g.add(shortcut, second);
};

/** Block with normalisation behind every convolution, and an activation behind the sum. */
const plainBlock = (block: Block): Layer => (scope, x) => {
  const { name, stride, outputs } = block;
  const norm = (part: string, y: NodeId): NodeId =>
    normalized(scope, `${name}.${part}`, y);
  const convolve = (part: string, y: NodeId, kernel: 1 | 3, by: number) =>
    convolved(scope, `${name}.${part}`, y, outputs, kernel, by);
  const middle = relu(scope, norm("bn1", convolve("conv1", x, 3, stride)));
  const second = norm("bn2", convolve("conv2", middle, 3, 1));
  const shortcut = hasProjection(block)
    ? norm("downsample.1", convolve("downsample.0", x, 1, stride))
    : x;
  return relu(scope, scope.g.add(shortcut, second));
};

const stem = ({ family }: ResidualSpec): Layer => (scope, x) => {
  const y = convolved(scope, "conv1", x, STEM_CHANNELS, 3);
  return family === "wideResNet" ? y : relu(scope, normalized(scope, "bn1", y));
};

/** Mean over all pixels, then a linear layer with PyTorch's first weights. */
const head =
  ({ family, classes }: ResidualSpec): Layer =>
  (scope: LayerScope, x: NodeId) => {
    const y = family === "wideResNet"
      ? relu(scope, normalized(scope, "bn1", x))
      : x;
    const [, channels = 0] = scope.g.shape(y);
    const weight = uniform(1 / Math.sqrt(channels));
    return linear(scope, "fc", pixelMean(scope, y), classes, { weight });
  };

/** Layers of a residual network: the first convolution, every block, and the head. */
export function residualLayers(spec: ResidualSpec): readonly NetworkLayer[] {
  const block = spec.family === "wideResNet" ? wideBlock : plainBlock;
  return [
    { name: "conv1", apply: stem(spec) },
    ...blocksFrom(spec).map((each) => ({
      name: each.name,
      apply: block(each),
    })),
    { name: "fc", apply: head(spec) },
  ];
}
