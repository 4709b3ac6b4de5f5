/**
 * A convolutional network as graph nodes.
 *
 * @module
 */
import type { GraphBuilder } from "../graph/builder.ts";
import type { NodeId } from "../graph/node.ts";
import { linear, type ModelScope } from "../nn/layers.ts";
import { frozenBatchNorm, trainedBatchNorm } from "../nn/batch_norm.ts";
import {
  type ConvNetBlock,
  convNetBlocks,
  type ConvNetSpec,
} from "./convnet_spec.ts";
import { convNetTensors, hasProjection } from "./convnet_tensors.ts";

/** How a network is run. */
export interface ConvNetRun extends ConvNetSpec {
  /**
   * Layers from this index on learn: they normalise by the batch. Those before are
   * frozen: they normalise by their running statistics, which they do not change. With
   * as many as there are layers, the network only infers.
   */
  readonly firstTrained: number;
}

/** Nodes of a network. */
export interface ConvNetNodes {
  /** Scores of the classes, `[B, classes]`. */
  readonly scores: NodeId;
  /** Running statistics with the batch in them, by name; those of frozen layers are not among them. */
  readonly statistics: Readonly<Record<string, NodeId>>;
}

/** A builder together with the tensors of a network. */
interface ConvNetScope extends ModelScope {
  readonly run: ConvNetRun;
  /** Running statistics as they are written. */
  readonly moved: Map<string, NodeId>;
}

/** Images, on their way, in a layer. */
type Layer = (
  scope: ConvNetScope,
  layer: number,
  x: NodeId,
) => NodeId;

function scopeOf(g: GraphBuilder, run: ConvNetRun): ConvNetScope {
  const { parameters, statistics } = convNetTensors(run);
  const shapes = new Map(
    [...parameters, ...statistics].map(({ name, shape }) => [name, shape]),
  );
  return {
    g,
    epsilon: 0,
    parameter: (name) => {
      const shape = shapes.get(name);
      return shape === undefined ? -1 : g.input(name, shape);
    },
    run,
    moved: new Map(),
  };
}

const convolved = (
  { g, parameter }: ConvNetScope,
  name: string,
  x: NodeId,
  stride = 1,
): NodeId => {
  const w = parameter(`${name}.weight`);
  const [, , kernel = 1] = g.shape(w);
  return g.apply("conv2d", { stride, padding: (kernel - 1) / 2 }, [x, w]);
};

/** Batch normalisation of a layer that learns or is frozen. */
function normalised(
  { g, parameter, run, moved }: ConvNetScope,
  layer: number,
  name: string,
  x: NodeId,
): NodeId {
  const [meanName, varianceName] = ["running_mean", "running_var"].map(
    (statistic) => `${name}.${statistic}`,
  ) as [string, string];
  const nodes = {
    gain: parameter(`${name}.weight`),
    bias: parameter(`${name}.bias`),
    mean: parameter(meanName),
    variance: parameter(varianceName),
  };
  if (layer < run.firstTrained) return frozenBatchNorm(g, x, nodes);
  const { y, mean, variance } = trainedBatchNorm(g, x, nodes);
  moved.set(meanName, mean).set(varianceName, variance);
  return y;
}

const relu = ({ g }: ConvNetScope, x: NodeId): NodeId =>
  g.apply("relu", {}, [x]);

/**
 * Pre-activation block. Where the shortcut changes its shape it begins behind the first
 * activation, as both branches then do.
 */
const wideBlock = (block: ConvNetBlock): Layer => (scope, layer, x) => {
  const { name, stride } = block;
  const active = relu(scope, normalised(scope, layer, `${name}.bn1`, x));
  const first = convolved(scope, `${name}.conv1`, active, stride);
  const middle = relu(scope, normalised(scope, layer, `${name}.bn2`, first));
  const second = convolved(scope, `${name}.conv2`, middle);
  const shortcut = hasProjection(block)
    ? convolved(scope, `${name}.convShortcut`, active, stride)
    : x;
  return scope.g.add(shortcut, second);
};

/** Block with normalisation behind every convolution, and an activation behind the sum. */
const plainBlock = (block: ConvNetBlock): Layer => (scope, layer, x) => {
  const { name, stride } = block;
  const norm = (part: string, y: NodeId): NodeId =>
    normalised(scope, layer, `${name}.${part}`, y);
  const first = norm("bn1", convolved(scope, `${name}.conv1`, x, stride));
  const middle = relu(scope, first);
  const second = norm("bn2", convolved(scope, `${name}.conv2`, middle));
  const shortcut = hasProjection(block)
    ? norm("downsample.1", convolved(scope, `${name}.downsample.0`, x, stride))
    : x;
  return relu(scope, scope.g.add(shortcut, second));
};

const stem = ({ family }: ConvNetSpec): Layer => (scope, layer, x) => {
  const y = convolved(scope, "conv1", x);
  return family === "wideResNet"
    ? y
    : relu(scope, normalised(scope, layer, "bn1", y));
};

/** Mean over all pixels, then a linear layer. */
const head = ({ family }: ConvNetSpec): Layer => (scope, layer, x) => {
  const { g } = scope;
  const y = family === "wideResNet"
    ? relu(scope, normalised(scope, layer, "bn1", x))
    : x;
  const [batch = 0, channels = 0, height = 0, width = 0] = g.shape(y);
  const sums = g.reshape(g.sumTo(y, [batch, channels, 1, 1]), [
    batch,
    channels,
  ]);
  return linear(scope, "fc", g.scale(sums, 1 / (height * width)));
};

/**
 * Classifies images.
 *
 * @param g Where nodes are written; the network's tensors become inputs.
 * @param run Sizes, and which layers learn.
 * @param images `[B, C, S, S]`.
 *
 * @see Zagoruyko and Komodakis, Wide Residual Networks, 2016; He et al., Deep Residual
 * Learning for Image Recognition, 2016, section 4.2.
 */
export function convNet(
  g: GraphBuilder,
  run: ConvNetRun,
  images: NodeId,
): ConvNetNodes {
  const scope = scopeOf(g, run);
  const block = run.family === "wideResNet" ? wideBlock : plainBlock;
  const layers = [stem(run), ...convNetBlocks(run).map(block), head(run)];
  const scores = layers.reduce((x, layer, i) => layer(scope, i, x), images);
  return { scores, statistics: Object.fromEntries(scope.moved) };
}
