/** A convolutional network as graph nodes, and the graphs that train and evaluate it. */
import type { Graph, NodeId } from "../graph/node.ts";
import { traceGraph } from "../graph/trace.ts";
import { memoized } from "../memo.ts";
import { softCrossEntropy } from "../nn/losses.ts";
import {
  type Declarations,
  type ModelScope,
  modelScope,
  recorded,
} from "../nn/scope.ts";
import type { Faults, Result } from "../result.ts";
import {
  convNetLayers,
  type ConvNetSpec,
  networkLayers,
} from "./convnet_spec.ts";
import { droppedUnits } from "./convnets/vgg.ts";

/** Layers that train in a pass of a network, and where its batch lies. */
interface PassOptions {
  /**
   * Layers from this index on train: they normalise by the batch. Those before are
   * frozen: they normalise by their running statistics, which they do not change. With
   * as many as there are layers, the network only infers.
   */
  readonly firstTrained: number;
  /** Images of the batch on all ranks together, if it lies on several. */
  readonly rankImages?: number | undefined;
  /** Factors of dropout `[B, units]`; nothing is dropped without them. */
  readonly dropFactors?: NodeId | null;
}

/** A pass of a network: its sizes and trainable layers. */
export type ConvNetPass = ConvNetSpec & PassOptions;

/** Nodes of a network. */
export interface ConvNetNodes {
  /** Scores of the classes, `[B, classes]`. */
  readonly scores: NodeId;
  /** Running statistics with the batch in them, by name; those of frozen layers are not among them. */
  readonly statistics: Readonly<Record<string, NodeId>>;
}

/**
 * Classifies images.
 *
 * @param scope The trace; what a layer declares belongs to its index.
 * @param images `[B, C, S, S]`.
 */
export function convNet(
  scope: ModelScope<number>,
  run: ConvNetPass,
  images: NodeId,
): ConvNetNodes {
  const { firstTrained, rankImages, dropFactors = null } = run;
  const moved = new Map<string, NodeId>();
  const scores = networkLayers(run).reduce((x, { apply }, i) => {
    const isTrained = i >= firstTrained;
    return apply(
      { ...scope.of(i), isTrained, rankImages, moved, dropFactors },
      x,
    );
  }, images);
  return { scores, statistics: Object.fromEntries(moved) };
}

/** Input of dropout's factors. */
const DROPOUT_INPUT = "dropout";

/**
 * Values of an image that a training step may drop.
 *
 * @returns The part of them that it drops, and their number: factors in the input
 * `dropout` of the step; 0 where it has no such input.
 */
export const convNetDropout = (
  spec: ConvNetSpec,
): { readonly rate: number; readonly units: number } =>
  spec.family === "vgg"
    ? { rate: spec.dropout, units: droppedUnits(spec) }
    : { rate: 0, units: 0 };

const imageInput = (
  { g }: ModelScope<number>,
  { inChannels, imageSize }: ConvNetSpec,
  batch: number,
): NodeId => g.input("images", [batch, inChannels, imageSize, imageSize]);

/**
 * Every tensor of a network, shallow to deep. Names are those of the reference
 * implementations (of FreezeOut and torchvision), layouts PyTorch's.
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
export type ConvNetStep = ConvNetSpec & StepOptions;

/** A training step beside the network's sizes. */
interface StepOptions extends Pick<PassOptions, "firstTrained"> {
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
 * Inputs: the network's tensors by name, `images [B, C, S, S]`, `targets [B, classes]`,
 * and `dropout [B, units]` if it drops any (`convNetDropout`). Outputs: `loss`, the mean
 * cross entropy; `gradient/NAME` of each parameter of the trained layers; and under its
 * own name each running statistic of theirs with the batch in it. The backward pass ends
 * where the frozen layers end.
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
  const { units } = convNetDropout(step);
  return traceGraph((g) => {
    const scope = modelScope<number>(g);
    const images = imageInput(scope, step, batch);
    const targets = g.input("targets", [batch, classes]);
    const run: ConvNetPass = {
      ...step,
      ...ranks > 1 ? { rankImages: samples } : {},
      dropFactors: units === 0 ? null : g.input(DROPOUT_INPUT, [batch, units]),
    };
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
