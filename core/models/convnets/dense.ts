/**
 * DenseNet-BC for small images: every layer sees what all layers before it gave.
 *
 * @see Huang et al., Densely Connected Convolutional Networks, 2017:
 * {@link https://arxiv.org/abs/1608.06993}
 */
import { type Codec, numberIn, oneOf, wholeFrom } from "../../codec/codec.ts";
import { recordOf, refined } from "../../codec/structures.ts";
import { uniform } from "../../nn/init.ts";
import { linear } from "../../nn/layers.ts";
import { averagePool } from "../../nn/pooling.ts";
import { type Fault, inconsistent } from "../../result.ts";
import {
  convolved,
  imageSizeCodecs,
  type ImageSizes,
  type NetworkLayer,
  normalized,
  pixelMean,
  relu,
} from "./network.ts";

/** Sizes of a DenseNet with bottlenecks and compression. */
export interface DenseNetSpec extends ImageSizes {
  /** Kind of network. */
  readonly family: "denseNet";
  /** Layers with weights: `6n + 4`, with `n ≥ 1` bottlenecks in each of three groups. */
  readonly depth: number;
  /** Channels that a bottleneck adds, `k`, at least 1. */
  readonly growthRate: number;
  /** Part of the channels that a transition between groups passes on, in `(0, 1]`. */
  readonly reduction: number;
}

/** Groups of bottlenecks, each on maps of half the side of the one before. */
const GROUPS = 3;

/** Layers outside of the bottlenecks, as `depth` counts them: the first, two transitions, the last. */
const OUTSIDE = 4;

/** Convolutions of a bottleneck. */
const CONVOLUTIONS = 2;

/** Channels between its convolutions, and those of the first layer, in growth rates. */
const [BETWEEN, STEM] = [4, 2];

/** By this every image side can be divided: it is halved between groups. */
const SIDE_UNIT = 2 ** (GROUPS - 1);

/** Bottlenecks of a group, `n`. */
export const bottlenecksOf = ({ depth }: Pick<DenseNetSpec, "depth">): number =>
  (depth - OUTSIDE) / (GROUPS * CONVOLUTIONS);

/** Channels behind the first layer and behind each transition. */
function groupInputs(spec: DenseNetSpec): readonly number[] {
  const { growthRate, reduction } = spec;
  const passed = (channels: number): number =>
    Math.floor((channels + bottlenecksOf(spec) * growthRate) * reduction);
  const first = STEM * growthRate;
  return [first, passed(first), passed(passed(first))];
}

function denseFaults(spec: DenseNetSpec): readonly Fault[] {
  const { depth, imageSize, reduction } = spec;
  const count = bottlenecksOf(spec);
  const isWhole = Number.isInteger(count) && count >= 1;
  return [
    ...inconsistent(
      isWhole,
      "depth",
      depth,
      "6·n + 4 (denseNet), n at least 1",
    ),
    ...inconsistent(
      imageSize % SIDE_UNIT === 0,
      "imageSize",
      imageSize,
      `a multiple of ${SIDE_UNIT}: a denseNet halves its maps twice`,
    ),
    ...inconsistent(
      !isWhole || groupInputs(spec).every((channels) => channels >= 1),
      "reduction",
      reduction,
      "so much that channels are left",
    ),
  ];
}

/** Accepts DenseNets that can be built. */
export const denseNetCodec: Codec<DenseNetSpec> = refined(
  recordOf<DenseNetSpec>({
    family: oneOf("denseNet" as const),
    depth: wholeFrom(8),
    growthRate: wholeFrom(1),
    reduction: numberIn(
      "a number in (0, 1]",
      (value) => value > 0 && value <= 1,
    ),
    ...imageSizeCodecs,
  }),
  denseFaults,
);

/** Adds channels to what it is given: 1×1 to `4k` channels, then 3×3 to `k`. */
const bottleneck = (name: string, growthRate: number): NetworkLayer => ({
  name,
  apply: (scope, x) => {
    const first = relu(scope, normalized(scope, `${name}.bn1`, x));
    const width = BETWEEN * growthRate;
    const inner = convolved(scope, `${name}.conv1`, first, width, 1);
    const second = relu(scope, normalized(scope, `${name}.bn2`, inner));
    const added = convolved(scope, `${name}.conv2`, second, growthRate, 3);
    return scope.g.concat([x, added], 1);
  },
});

/**
 * Between two groups: fewer channels, half the side. The activation stands before the
 * normalisation, as FreezeOut's networks have it, not behind.
 */
const transition = (name: string, outputs: number): NetworkLayer => ({
  name,
  apply: (scope, x) => {
    const active = normalized(scope, `${name}.bn1`, relu(scope, x));
    const passed = convolved(scope, `${name}.conv1`, active, outputs, 1);
    return averagePool(scope.g, passed, 2);
  },
});

/** Normalisation, mean over all pixels, and a linear layer with PyTorch's first weights. */
const head = (classes: number): NetworkLayer => ({
  name: "fc",
  apply: (scope, x) => {
    const y = relu(scope, normalized(scope, "bn1", x));
    const [, channels = 0] = scope.g.shape(y);
    const weight = uniform(1 / Math.sqrt(channels));
    return linear(scope, "fc", pixelMean(scope, y), classes, { weight });
  },
});

/** Layers of a DenseNet: the first convolution, every bottleneck and transition, and the head. */
export function denseNetLayers(spec: DenseNetSpec): readonly NetworkLayer[] {
  const { growthRate, classes } = spec;
  const count = bottlenecksOf(spec);
  const groups = groupInputs(spec).flatMap((channels, group) => [
    ...group === 0 ? [] : [transition(`trans${group}`, channels)],
    ...Array.from(
      { length: count },
      (_, i) => bottleneck(`dense${group + 1}.${i}`, growthRate),
    ),
  ]);
  const stem: NetworkLayer = {
    name: "conv1",
    apply: (scope, x) => convolved(scope, "conv1", x, STEM * growthRate, 3),
  };
  return [stem, ...groups, head(classes)];
}
