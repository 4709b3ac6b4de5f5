/**
 * Fine-tuning of an encoder with its head.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import {
  averageName,
  classifierParameters,
  type FinetuneConfig,
  gridSize,
  initialValues,
  left,
  type Result,
  right,
  rootKey,
  sinCosPositions,
  split,
} from "../../core/mod.ts";
import type { BatchSource } from "../pretraining.ts";
import type { HostTensors } from "../snapshot.ts";
import { presentPrograms } from "../present_programs.ts";
import {
  type SteppedTraining,
  steppedTraining,
  type Stepper,
  type TensorSnapshot,
} from "../stepped_training.ts";
import type { TrainError } from "../train_error.ts";
import {
  compileFinetune,
  disposeFinetune,
  type FinetuneIdentity,
  type FinetunePrograms,
  finetuneShapes,
} from "./finetune_programs.ts";
import {
  type FinetuneReport,
  finetuneStep,
  type PlacedBatch,
} from "./finetune_step.ts";

/** What fine-tuning needs. */
export interface FinetuneInputs extends FinetuneIdentity {
  /** Where it computes. */
  readonly backend: Backend;
  /** Where labelled images come from. */
  readonly batches: BatchSource;
  /** Where it starts: `initialFinetune`, or a later snapshot. */
  readonly start: TensorSnapshot;
}

/** First values of a classifier: those of the encoder where it has them. */
function firstParameters(
  config: FinetuneConfig,
  encoder: HostTensors,
): HostTensors {
  const { model, training: { seed } } = config;
  const key = split(rootKey(seed), "classifier");
  const fixed = sinCosPositions(model.embedDim, gridSize(model));
  return new Map(
    classifierParameters(config).map((parameter) => {
      const { name } = parameter;
      const own = encoder.get(name);
      if (own !== undefined) return [name, own];
      return name === "pos_embed"
        ? [name, Float32Array.from(fixed)]
        : [name, initialValues(parameter, split(key, name))];
    }),
  );
}

/**
 * The moment before the first step: an encoder with a new norm and head. Running means
 * start as the parameters themselves.
 *
 * @param run Configuration and plan.
 * @param encoder Parameters of the encoder by name; positions are the fixed ones if it has none of its own, and what else is missing starts as the seed says.
 */
export function initialFinetune(
  run: FinetuneIdentity,
  encoder: HostTensors,
): TensorSnapshot {
  const parameters = firstParameters(run.config, encoder);
  const means = [...parameters].map(([name, values]) =>
    [averageName(name), values] as const
  );
  const first = new Map([...parameters, ...means]);
  const shapes = Object.entries(finetuneShapes(run, 0));
  return {
    step: 0,
    tensors: new Map(
      shapes.map(([name, shape]) => [
        name,
        first.get(name) ??
          new Float32Array(shape.reduce((a, b) => a * b, 1)),
      ]),
    ),
  };
}

/**
 * The running means of a classifier's parameters, in the place of the parameters.
 *
 * @param config Its configuration.
 * @param tensors Everything that fine-tuning keeps.
 * @returns Tensors under the parameters' names, `null` if no means are kept.
 */
export function averagedParameters<Tensor>(
  config: FinetuneConfig,
  tensors: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> | null {
  return config.emaDecay === null ? null : new Map(
    classifierParameters(config).flatMap(({ name }) => {
      const mean = tensors.get(averageName(name));
      return mean === undefined ? [] : [[name, mean] as const];
    }),
  );
}

/** Takes steps, with the programs of their phase. */
function stepperOf(
  inputs: FinetuneInputs,
  stepsPerEpoch: number,
): Stepper<PlacedBatch, FinetuneReport> {
  const { backend, plan } = inputs;
  const programs = presentPrograms<FinetunePrograms>(plan, {
    compile: (phase) => compileFinetune(backend, inputs, phase),
    dispose: disposeFinetune,
  });
  return {
    take: async (tensors, step, next) => {
      const found = await programs.at(step);
      if (found._tag === "Left") return found;
      const context = { ...inputs, programs: found.right };
      const epoch = Math.floor(step / stepsPerEpoch);
      return await finetuneStep(context, tensors, step, epoch, next);
    },
    dispose: programs.dispose,
  };
}

/** Batches with their places in the epoch. */
async function* placedBatches(
  { batches }: FinetuneInputs,
  epoch: number,
  fromBatch: number,
): AsyncGenerator<Result<TrainError, PlacedBatch>> {
  let place = fromBatch;
  for await (const batch of batches(epoch, fromBatch)) {
    if (batch._tag === "Left") {
      return yield left({ _tag: "DataFailed", error: batch.left });
    }
    yield right({ batch: batch.right, epoch, place: place++ });
  }
}

/**
 * Fine-tunes an encoder and its head: AdamW with layer-wise rate decay, soft cross
 * entropy, mixup and CutMix, stochastic depth; layers freeze as the plan says.
 *
 * What a step does follows from its number, the seed and the tensors alone, so it
 * can stop and go on anywhere.
 *
 * @param inputs Configuration, plan, engine, images and starting point.
 * @returns The training; nothing is computed before it is iterated.
 */
export function finetuning(
  inputs: FinetuneInputs,
): SteppedTraining<FinetuneReport> {
  const { config, plan, backend, start } = inputs;
  const { epochs, accumIter } = config.training;
  const stepsPerEpoch = plan.totalSteps / epochs;
  return steppedTraining<PlacedBatch, FinetuneReport>({
    backend,
    shapes: finetuneShapes(inputs, start.step),
    start,
    totalSteps: plan.totalSteps,
    stepsPerEpoch,
    itemsPerStep: accumIter,
    items: (epoch, fromBatch) => placedBatches(inputs, epoch, fromBatch),
    open: () => Promise.resolve(right(stepperOf(inputs, stepsPerEpoch))),
  });
}
