/** Parts that the convolutional networks have in common. */
import { numberIn, wholeFrom } from "../../codec/codec.ts";
import type { FieldCodecs } from "../../codec/structures.ts";
import type { NodeId } from "../../graph/node.ts";
import { batchNorm } from "../../nn/batch_norm.ts";
import { normal } from "../../nn/init.ts";
import type { Scope } from "../../nn/scope.ts";

/** Sizes of a network that its images give. */
export interface ImageSizes {
  /** Side of the square images, pixels, at least 8. */
  readonly imageSize: number;
  /** Channels of an image: 1 for grey, 3 for colour. */
  readonly inChannels: number;
  /** Classes, at least 2. */
  readonly classes: number;
}

/** Codecs of these sizes. */
export const imageSizeCodecs: FieldCodecs<ImageSizes> = {
  imageSize: wholeFrom(8),
  inChannels: numberIn("1 or 3", (value) => value === 1 || value === 3),
  classes: wholeFrom(2),
};

/** Scope of one layer of a network. */
export interface LayerScope extends Scope {
  /** True if it trains: it normalises by the batch, else by its running statistics. */
  readonly isTrained: boolean;
  /** Images of the batch on all ranks together, if it lies on several. */
  readonly rankImages?: number | undefined;
  /** Running statistics as they are written, by name. */
  readonly moved: Map<string, NodeId>;
  /** Factors of dropout `[B, units]`, or `null` where nothing is dropped. */
  readonly dropFactors: NodeId | null;
}

/** What freezes as one. */
export interface NetworkLayer {
  /** Prefix of its tensors, or of the first of them. */
  readonly name: string;
  /** Takes images, or what the layer before gives, through it. */
  readonly apply: (scope: LayerScope, x: NodeId) => NodeId;
}

/** Convolution without bias. He et al. 2015 for the way back: deviation `√(2 / (k²·outputs))`. */
export function convolved(
  { g, parameter }: Scope,
  name: string,
  x: NodeId,
  outputs: number,
  kernel: 1 | 3,
  stride = 1,
): NodeId {
  const [, inputs = 0] = g.shape(x);
  const shape = [outputs, inputs, kernel, kernel];
  const start = normal(Math.sqrt(2 / (kernel ** 2 * outputs)));
  const weight = parameter(`${name}.weight`, shape, start);
  const padding = (kernel - 1) / 2;
  return g.apply("conv2d", { stride, padding }, [x, weight]);
}

/** Batch normalisation of a trained or frozen layer, of images `[B, C, H, W]`. */
export function normalized(
  scope: LayerScope,
  name: string,
  x: NodeId,
): NodeId {
  const { isTrained, rankImages } = scope;
  const { y, statistics } = batchNorm(scope, name, x, isTrained, rankImages);
  for (const [statistic, node] of Object.entries(statistics)) {
    scope.moved.set(statistic, node);
  }
  return y;
}

/** `max(x, 0)`. */
export const relu = ({ g }: Scope, x: NodeId): NodeId =>
  g.apply("relu", {}, [x]);

/** Mean over all pixels: `[B, C, H, W]` to `[B, C]`. */
export function pixelMean({ g }: Scope, x: NodeId): NodeId {
  const [batch = 0, channels = 0, height = 0, width = 0] = g.shape(x);
  const sums = g.sumTo(x, [batch, channels, 1, 1]);
  return g.scale(g.reshape(sums, [batch, channels]), 1 / (height * width));
}
