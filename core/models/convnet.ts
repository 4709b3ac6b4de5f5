/** A convolutional network as graph nodes, and the graphs that train and evaluate it. */
import type { Graph, NodeId } from "../graph/node.ts";
import { traceGraph } from "../graph/trace.ts";
import { memoized } from "../memo.ts";
import { batchNorm } from "../nn/batch_norm.ts";
import { normal, uniform } from "../nn/init.ts";
import { linear } from "../nn/layers.ts";
import { softCrossEntropy } from "../nn/losses.ts";
import {
  type Declarations,
  type ModelScope,
  modelScope,
  recorded,
  type Scope,
} from "../nn/scope.ts";
import type { Faults, Result } from "../result.ts";
import {
  type ConvNetBlock,
  convNetBlocks,
  convNetLayers,
  type ConvNetSpec,
  STEM_CHANNELS,
} from "./convnet_spec.ts";

/** A pass of a network: its sizes and trainable layers. */
export interface ConvNetPass extends ConvNetSpec {
  /**
   * Layers from this index on train: they normalise by the batch. Those before are
   * frozen: they normalise by their running statistics, which they do not change. With
   * as many as there are layers, the network only infers.
   */
  readonly firstTrained: number;
  /** Images of the batch on all ranks together, if it lies on several. */
  readonly rankImages?: number | undefined;
}

/** Nodes of a network. */
export interface ConvNetNodes {
  /** Scores of the classes, `[B, classes]`. */
  readonly scores: NodeId;
  /** Running statistics with the batch in them, by name; those of frozen layers are not among them. */
  readonly statistics: Readonly<Record<string, NodeId>>;
}

/** Scope of one layer of a network. */
interface LayerScope extends Scope, Pick<ConvNetPass, "rankImages"> {
  /** True if it trains. */
  readonly isTrained: boolean;
  /** Running statistics as they are written, by name. */
  readonly moved: Map<string, NodeId>;
}

/** Images on their way through a layer. */
type Layer = (scope: LayerScope, x: NodeId) => NodeId;

/** Convolution without bias. He et al. 2015 for the way back: deviation `√(2 / (k²·outputs))`. */
function convolved(
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

/** Batch normalisation of a trained or frozen layer. */
function normalized(scope: LayerScope, name: string, x: NodeId): NodeId {
  const { isTrained, rankImages } = scope;
  const { y, statistics } = batchNorm(scope, name, x, isTrained, rankImages);
  for (const [statistic, node] of Object.entries(statistics)) {
    scope.moved.set(statistic, node);
  }
  return y;
}

const relu = ({ g }: Scope, x: NodeId): NodeId => g.apply("relu", {}, [x]);

/** True if a block's shortcut changes channels or pixels. */
const hasProjection = ({ inputs, outputs, stride }: ConvNetBlock): boolean =>
  inputs !== outputs || stride !== 1;

/**
 * Pre-activation block. Where the shortcut changes its shape it begins behind the first
 * activation, as both branches then do.
 */
const wideBlock = (block: ConvNetBlock): Layer => (scope, x) => {
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
const plainBlock = (block: ConvNetBlock): Layer => (scope, x) => {
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

const stem = ({ family }: ConvNetSpec): Layer => (scope, x) => {
  const y = convolved(scope, "conv1", x, STEM_CHANNELS, 3);
  return family === "wideResNet" ? y : relu(scope, normalized(scope, "bn1", y));
};

/** Mean over all pixels, then a linear layer with PyTorch's first weights. */
const head = ({ family, classes }: ConvNetSpec): Layer => (scope, x) => {
  const { g } = scope;
  const y = family === "wideResNet"
    ? relu(scope, normalized(scope, "bn1", x))
    : x;
  const [batch = 0, channels = 0, height = 0, width = 0] = g.shape(y);
  const sums = g.reshape(g.sumTo(y, [batch, channels, 1, 1]), [
    batch,
    channels,
  ]);
  const weight = uniform(1 / Math.sqrt(channels));
  const mean = g.scale(sums, 1 / (height * width));
  return linear(scope, "fc", mean, classes, { weight });
};

/**
 * Classifies images.
 *
 * @param scope The trace; what a layer declares belongs to its index.
 * @param images `[B, C, S, S]`.
 *
 * @see Zagoruyko and Komodakis, Wide Residual Networks, 2016; He et al., Deep Residual
 * Learning for Image Recognition, 2016, section 4.2.
 */
export function convNet(
  scope: ModelScope<number>,
  run: ConvNetPass,
  images: NodeId,
): ConvNetNodes {
  const block = run.family === "wideResNet" ? wideBlock : plainBlock;
  const layers = [stem(run), ...convNetBlocks(run).map(block), head(run)];
  const moved = new Map<string, NodeId>();
  const scores = layers.reduce((x, layer, i) => {
    const isTrained = i >= run.firstTrained;
    const { rankImages } = run;
    return layer({ ...scope.of(i), isTrained, rankImages, moved }, x);
  }, images);
  return { scores, statistics: Object.fromEntries(moved) };
}

const imageInput = (
  { g }: ModelScope<number>,
  { inChannels, imageSize }: ConvNetSpec,
  batch: number,
): NodeId => g.input("images", [batch, inChannels, imageSize, imageSize]);

/**
 * Every tensor of a network, shallow to deep. Names are those of the reference
 * implementations (of WRN-PyTorch and torchvision), layouts PyTorch's.
 *
 * @returns Parameters and running statistics; each is owned by the index of its layer.
 */
export const convNetTensors: (spec: ConvNetSpec) => Declarations<number> =
  memoized((spec: ConvNetSpec) =>
    recorded<number>((scope) => {
      const run = { ...spec, firstTrained: convNetLayers(spec).length };
      return convNet(scope, run, imageInput(scope, spec, 1));
    })
  );

/** A training step. */
export interface ConvNetStep extends Omit<ConvNetPass, "rankImages"> {
  /** Images of the step, those of one rank. */
  readonly batch: number;
  /** Ranks that share the images of the step; 1 by default. */
  readonly ranks?: number;
  /** Images of the step on all ranks together, however many each has; `ranks · batch` by default. */
  readonly samples?: number;
}

/**
 * Forward and backward pass of a training step.
 *
 * Inputs: the network's tensors by name, `images [B, C, S, S]`, `targets [B, classes]`.
 * Outputs: `loss`, the mean cross entropy; `gradient/NAME` of each parameter of the
 * trained layers; and under its own name each running statistic of theirs with the
 * batch in it. The backward pass ends where the frozen layers end.
 *
 * Of several ranks, each has such a graph for its own images: losses and gradients are to be
 * added up over them, and normalisations use the statistics of all images, with sums over
 * ranks in the graph (`cutAtRankSums`), so that running statistics are the same everywhere.
 *
 * @example Three of WRN-10-1's five layers are frozen
 * ```ts
 * import { convNetStepGraph } from "./convnet.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const wrn = { family: "wideResNet", depth: 10, width: 1, imageSize: 32, inChannels: 3, classes: 10 } as const;
 * const graph = convNetStepGraph({ ...wrn, batch: 50, firstTrained: 3 });
 *
 * if (graph._tag === "Left") throw new Error("impossible");
 * const gradients = graph.right.nodes.filter(({ op }) => op === "conv2dWeightGrad");
 * deepStrictEqual(gradients.map(({ shape }) => shape.join()).sort(), [
 *   "64,32,1,1",
 *   "64,32,3,3",
 *   "64,64,3,3",
 * ]);
 * ```
 */
export function convNetStepGraph(step: ConvNetStep): Result<Faults, Graph> {
  const { batch, classes, firstTrained, ranks = 1 } = step;
  const samples = step.samples ?? ranks * batch;
  const run = ranks > 1 ? { ...step, rankImages: samples } : step;
  return traceGraph((g) => {
    const scope = modelScope<number>(g);
    const images = imageInput(scope, step, batch);
    const targets = g.input("targets", [batch, classes]);
    const { scores, statistics } = convNet(scope, run, images);
    const loss = softCrossEntropy(g, scores, targets, samples);
    return {
      loss,
      ...scope.gradients(loss, ({ owner }) => owner >= firstTrained),
      ...statistics,
    };
  });
}

/**
 * Scores by the running statistics, as evaluation takes them.
 *
 * Inputs: the network's tensors by name and `images [B, C, S, S]`. Output: `scores
 * [B, classes]`.
 */
export function convNetScoreGraph(
  spec: ConvNetSpec,
  batch: number,
): Result<Faults, Graph> {
  const run = { ...spec, firstTrained: convNetLayers(spec).length };
  return traceGraph((g) => {
    const scope = modelScope<number>(g);
    const { scores } = convNet(scope, run, imageInput(scope, spec, batch));
    return { scores };
  });
}
