/**
 * The graph of a training step: losses and the gradients that are needed.
 *
 * @module
 */
import { traceGraph } from "../graph/builder.ts";
import { gradients } from "../graph/differentiate.ts";
import type { Graph, NodeId } from "../graph/node.ts";
import type { Faults, Result } from "../result.ts";
import { modelScope } from "../nn/layers.ts";
import { batchInputs, localMim, type LocalMimNodes } from "./local_mim.ts";
import type { ModelSpec } from "./model_spec.ts";
import { type Owner, parameterSpecs } from "./parameters.ts";

/** What of a model a step trains. */
export interface StepSpec {
  /** Sizes. */
  readonly model: ModelSpec;
  /** Samples of one micro-batch. */
  readonly batch: number;
  /** Samples of a whole step: `batch` times the micro-batches. */
  readonly samples: number;
  /** Stages with a loss, in rising order. */
  readonly liveStages: readonly number[];
  /** Whether the parameters of a part of the model are trained. */
  readonly isTrainable: (owner: Owner) => boolean;
}

/** Name of the output that holds the gradient of a parameter. */
export function gradientName(parameter: string): string {
  return `gradient/${parameter}`;
}

/** Name of the output that holds the unweighted loss of a stage. */
export function stageLossName(stage: number): string {
  return `loss/${stage}`;
}

/** The parameters that a step trains: trainable parts, without stages that have no loss. */
export function trainedParameters(
  step: Pick<StepSpec, "model" | "liveStages" | "isTrainable">,
): readonly string[] {
  return parameterSpecs(step.model)
    .filter(({ owner }) =>
      step.isTrainable(owner) &&
      (owner._tag !== "Stage" || step.liveStages.includes(owner.index))
    )
    .map(({ name }) => name);
}

/**
 * Forward and backward pass of one micro-batch.
 *
 * Inputs: the parameters by name and the batch (`batchInputs`). Outputs: `loss`,
 * `loss/k` of each live stage `k`, `gradient/NAME` of each trained parameter.
 * What no output needs is not in the graph: no gradient of a frozen layer, no
 * activation gradient inside the frozen prefix, no decoder or target of a stage
 * without a loss.
 *
 * @param step What is trained.
 * @param watch Further outputs to keep, for looking at activations.
 * @returns The graph, or where the sizes contradict each other.
 */
export function stepGraph(
  step: StepSpec,
  watch: (nodes: LocalMimNodes) => Readonly<Record<string, NodeId>> =
    () => ({}),
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const scope = modelScope(g, step.model);
    const batch = batchInputs(scope, step.model, step.batch);
    const nodes = localMim(
      scope,
      step.model,
      batch,
      step.liveStages,
      step.samples,
    );
    const names = trainedParameters(step);
    const derivatives = gradients(g, nodes.loss, names.map(scope.parameter));
    return {
      loss: nodes.loss,
      ...Object.fromEntries(
        nodes.stages.map(({ index, loss }) => [stageLossName(index), loss]),
      ),
      ...Object.fromEntries(
        names.map((name, i) => [gradientName(name), derivatives[i] ?? -1]),
      ),
      ...watch(nodes),
    };
  });
}
