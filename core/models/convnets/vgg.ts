/**
 * VGG with batch normalisation for small images.
 *
 * @see Simonyan and Zisserman, Very Deep Convolutional Networks, 2015, table 1; the
 * classifier is the small one of FreezeOut's experiments.
 */
import { type Codec, DECAY, oneOf, wholeFrom } from "../../codec/codec.ts";
import { recordOf, refined } from "../../codec/structures.ts";
import type { NodeId } from "../../graph/node.ts";
import { normal } from "../../nn/init.ts";
import { linear } from "../../nn/layers.ts";
import { maxPool } from "../../nn/pooling.ts";
import { type Fault, inconsistent } from "../../result.ts";
import {
  convolved,
  imageSizeCodecs,
  type ImageSizes,
  type LayerScope,
  type NetworkLayer,
  normalized,
  relu,
} from "./network.ts";

/** Layers with weights of the paper's networks A, B, D and E. */
export type VggDepth = 11 | 13 | 16 | 19;

/** Sizes of a VGG network. */
export interface VggSpec extends ImageSizes {
  /** Kind of network. */
  readonly family: "vgg";
  /** Layers with weights, counted as in the paper, whose classifier has three of them too. */
  readonly depth: VggDepth;
  /** Channels of the first of five groups; the others have 2, 4, 8 and 8 times as many. 64 in the paper. */
  readonly channels: number;
  /** Part of the classifier's inner values that a step drops, in `[0, 1)`. */
  readonly dropout: number;
}

/** Convolutions of each group; behind each the side is halved. */
const CONVOLUTIONS: Readonly<Record<VggDepth, readonly number[]>> = {
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
};

/** Channels of each group, in those of the first. */
const FACTORS = [1, 2, 4, 8, 8] as const;

/** By this every image side can be divided. */
const SIDE_UNIT = 2 ** FACTORS.length;

/** Values between two linear layers of the classifier. */
const hiddenOf = ({ channels }: VggSpec): number => FACTORS[4] * channels;

const sideFaults = ({ imageSize }: VggSpec): readonly Fault[] =>
  inconsistent(
    imageSize % SIDE_UNIT === 0,
    "imageSize",
    imageSize,
    `a multiple of ${SIDE_UNIT}: a vgg halves its maps five times`,
  );

/** Accepts VGG networks that can be built. */
export const vggCodec: Codec<VggSpec> = refined(
  recordOf<VggSpec>({
    family: oneOf("vgg" as const),
    depth: oneOf<VggDepth>(11, 13, 16, 19),
    channels: wholeFrom(1),
    dropout: DECAY,
    ...imageSizeCodecs,
  }),
  sideFaults,
);

/** Values of an image that a step may drop: those between the linear layers of the classifier. */
export const droppedUnits = (spec: VggSpec): number =>
  spec.dropout === 0 ? 0 : 2 * hiddenOf(spec);

/** 3×3 convolution, normalisation and activation; behind the last of a group the side is halved. */
const convolution = (
  name: string,
  outputs: number,
  isLast: boolean,
): NetworkLayer => ({
  name,
  apply: (scope, x) => {
    const y = convolved(scope, `${name}.conv1`, x, outputs, 3);
    const active = relu(scope, normalized(scope, `${name}.bn1`, y));
    return isLast ? maxPool(scope.g, active) : active;
  },
});

/** Batch normalisation of `[B, N]`. */
function normalizedVectors(
  scope: LayerScope,
  name: string,
  x: NodeId,
): NodeId {
  const { g } = scope;
  const shape = g.shape(x);
  const y = normalized(scope, name, g.reshape(x, [...shape, 1, 1]));
  return g.reshape(y, shape);
}

/** The `place`-th values that a step drops some of. */
function dropped(
  { g, dropFactors }: LayerScope,
  x: NodeId,
  place: 0 | 1,
): NodeId {
  const [, width = 0] = g.shape(x);
  return dropFactors === null
    ? x
    : g.multiply(x, g.slice(dropFactors, 1, place * width, width));
}

/** Two hidden layers and the scores; numbers of its parts are those of FreezeOut's list, in which activations and dropout count too. */
const classifier = (spec: VggSpec): NetworkLayer => ({
  name: "classifier",
  apply: (scope, x) => {
    const { g } = scope;
    const hidden = hiddenOf(spec);
    const weight = normal(0.01);
    const full = (part: number, y: NodeId, outputs: number): NodeId =>
      linear(scope, `classifier.${part}`, y, outputs, { weight });
    const norm = (part: number, y: NodeId): NodeId =>
      normalizedVectors(scope, `classifier.${part}`, y);
    const [batch = 0, channels = 0, height = 0, width = 0] = g.shape(x);
    const flat = g.reshape(x, [batch, channels * height * width]);
    const first = relu(scope, norm(1, full(0, flat, hidden)));
    const second = full(4, dropped(scope, first, 0), hidden);
    const third = norm(7, relu(scope, norm(5, second)));
    return full(9, dropped(scope, third, 1), spec.classes);
  },
});

/** Layers of a VGG network: every convolution, and the classifier. */
export function vggLayers(spec: VggSpec): readonly NetworkLayer[] {
  const counts = CONVOLUTIONS[spec.depth];
  const convolutions = counts.flatMap((count, group) => {
    // Poolings have numbers too.
    const before = counts.slice(0, group).reduce((a, b) => a + b + 1, 0);
    const outputs = (FACTORS[group] ?? 0) * spec.channels;
    return Array.from(
      { length: count },
      (_, i) => convolution(`features.${before + i}`, outputs, i === count - 1),
    );
  });
  return [...convolutions, classifier(spec)];
}
