/**
 * Graphs of a convolutional network: a training step, and inference.
 *
 * @module
 */
import { traceGraph } from "../graph/builder.ts";
import { gradients } from "../graph/differentiate.ts";
import type { Graph } from "../graph/node.ts";
import { softCrossEntropy } from "../nn/losses.ts";
import { gradientName } from "./step_graph.ts";
import type { Faults, Result } from "../result.ts";
import { convNet, type ConvNetRun } from "./convnet.ts";
import { convNetLayers, type ConvNetSpec } from "./convnet_spec.ts";
import { convNetTensors } from "./convnet_tensors.ts";

/** A training step. */
export interface ConvNetStep extends ConvNetRun {
  /** Images of the step. */
  readonly batch: number;
}

/**
 * Forward and backward pass of a training step.
 *
 * Inputs: the network's tensors by name, `images [B, C, S, S]`, `targets [B, classes]`.
 * Outputs: `loss`, the mean cross entropy; `gradient/NAME` of each parameter of the
 * layers that learn; and under its own name each running statistic of theirs with the
 * batch in it. The backward pass ends where the frozen layers end.
 *
 * @param step Sizes, and which layers learn.
 *
 * @example Three of WRN-10-1's five layers are frozen
 * ```ts
 * import { convNetStepGraph } from "@vitfreeze/vitfreeze/core";
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
  const { batch, inChannels, imageSize, classes, firstTrained } = step;
  const trained = convNetTensors(step).parameters
    .filter(({ layer }) => layer >= firstTrained);
  return traceGraph((g) => {
    const images = g.input("images", [batch, inChannels, imageSize, imageSize]);
    const targets = g.input("targets", [batch, classes]);
    const { scores, statistics } = convNet(g, step, images);
    const loss = softCrossEntropy(g, scores, targets, batch);
    const derivatives = gradients(
      g,
      loss,
      trained.map(({ name, shape }) => g.input(name, shape)),
    );
    return {
      loss,
      ...Object.fromEntries(
        trained.map((
          { name },
          i,
        ) => [gradientName(name), derivatives[i] ?? -1]),
      ),
      ...statistics,
    };
  });
}

/**
 * Scores by the running statistics, which is how a network is judged.
 *
 * Inputs: the network's tensors by name and `images [B, C, S, S]`. Output: `scores
 * [B, classes]`.
 *
 * @param spec Sizes.
 * @param batch Images at a time.
 *
 * @example Scores of two pictures
 * ```ts
 * import { convNetScoreGraph } from "@vitfreeze/vitfreeze/core";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const wrn = { family: "wideResNet", depth: 10, width: 1, imageSize: 32, inChannels: 3, classes: 10 } as const;
 * const graph = convNetScoreGraph(wrn, 2);
 *
 * deepStrictEqual(graph._tag === "Right" && graph.right.nodes.at(-1)?.shape, [2, 10]);
 * ```
 */
export function convNetScoreGraph(
  spec: ConvNetSpec,
  batch: number,
): Result<Faults, Graph> {
  const { inChannels, imageSize } = spec;
  const firstTrained = convNetLayers(spec).length;
  return traceGraph((g) => {
    const images = g.input("images", [batch, inChannels, imageSize, imageSize]);
    const { scores } = convNet(g, { ...spec, firstTrained }, images);
    return { scores };
  });
}
