/**
 * Graphs of a classifier that is fine-tuned.
 *
 * @module
 */
import { traceGraph } from "../graph/builder.ts";
import { gradients } from "../graph/differentiate.ts";
import type { Graph, NodeId } from "../graph/node.ts";
import type { Faults, Result } from "../result.ts";
import {
  type ClassifierNodes,
  classifierParameters,
  classifierScope,
  type ClassifierSpec,
  classify,
} from "./classifier.ts";
import { softCrossEntropy } from "../nn/losses.ts";
import type { Owner } from "./parameters.ts";
import { gradientName } from "./step_graph.ts";

/** What of a classifier a step trains. */
export interface ClassifierStep extends ClassifierSpec {
  /** Samples of one micro-batch. */
  readonly batch: number;
  /** Samples of a whole step: `batch` times the micro-batches. */
  readonly samples: number;
  /** Whether branches are dropped at random; then `branches` is an input. */
  readonly dropPath: boolean;
  /** Whether the parameters of a part of the model are trained. */
  readonly isTrainable: (owner: Owner) => boolean;
}

/**
 * Forward and backward pass of one micro-batch.
 *
 * Inputs: the parameters by name, `images [B, C, S, S]`, `targets [B, classes]`, and
 * `branches [2·depth, B]` if branches are dropped. Outputs: `loss`, and
 * `gradient/NAME` of each trained parameter. What no output needs is not in the
 * graph.
 *
 * @param step What is trained.
 * @param watch Further outputs to keep.
 */
export function classifierStepGraph(
  step: ClassifierStep,
  watch: (nodes: ClassifierNodes) => Readonly<Record<string, NodeId>> =
    () => ({}),
): Result<Faults, Graph> {
  const { model, classes, batch } = step;
  const { inChannels: C, imageSize: S, depth } = model;
  return traceGraph((g) => {
    const scope = classifierScope(g, step);
    const images = g.input("images", [batch, C, S, S]);
    const targets = g.input("targets", [batch, classes]);
    const branches = step.dropPath
      ? g.input("branches", [2 * depth, batch])
      : null;
    const nodes = classify(scope, step, images, branches);
    const loss = softCrossEntropy(g, nodes.scores, targets, step.samples);
    const names = classifierParameters(step)
      .filter(({ owner }) => step.isTrainable(owner))
      .map(({ name }) => name);
    const derivatives = gradients(g, loss, names.map(scope.parameter));
    return {
      loss,
      ...Object.fromEntries(
        names.map((name, i) => [gradientName(name), derivatives[i] ?? -1]),
      ),
      ...watch(nodes),
    };
  });
}

/**
 * Scores of whole images.
 *
 * Inputs: the parameters by name and `images [B, C, S, S]`. Output: `scores
 * [B, classes]`.
 *
 * @param spec Sizes.
 * @param batch Images at a time.
 */
export function classifierScoreGraph(
  spec: ClassifierSpec,
  batch: number,
): Result<Faults, Graph> {
  const { inChannels: C, imageSize: S } = spec.model;
  return traceGraph((g) => {
    const images = g.input("images", [batch, C, S, S]);
    const { scores } = classify(classifierScope(g, spec), spec, images);
    return { scores };
  });
}
