/**
 * One optimizer step of fine-tuning.
 *
 * @module
 */
import type {
  Backend,
  DeviceTensors,
  HostTensor,
} from "../../backends/backend.ts";
import {
  corrections,
  epochKey,
  left,
  ratesAt,
  type Result,
  right,
  split,
} from "../../core/mod.ts";
import type { Batch } from "../../data/mod.ts";
import { uploadAll } from "../batch_tensors.ts";
import { finiteLoss } from "../finite_loss.ts";
import { orBackendFailed } from "../run_graph.ts";
import type { NextItem, Stepped } from "../stepped_training.ts";
import { differentiate, summedOutputs } from "../summed_outputs.ts";
import type { TrainError } from "../train_error.ts";
import { disposeAll } from "../train_state.ts";
import { branchFactors } from "./drop_path.ts";
import type {
  FinetuneIdentity,
  FinetunePrograms,
} from "./finetune_programs.ts";
import { drawMixing, mixImages, mixTargets } from "./mixing.ts";

/** What happened in an optimizer step. */
export interface FinetuneReport {
  /** Its number, from 0. */
  readonly step: number;
  /** Its epoch, from 0. */
  readonly epoch: number;
  /** How many layers are frozen. */
  readonly frozenLayers: number;
  /** Learning rate of the head. */
  readonly rate: number;
  /** Mean soft cross entropy, before the parameters moved. */
  readonly loss: number;
}

/** A micro-batch and its place in the epoch. */
export interface PlacedBatch {
  /** Images with their classes. */
  readonly batch: Batch;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Number of the batch in the epoch, from 0. */
  readonly place: number;
}

/** Everything of a step but its state and images. */
export interface FinetuneContext extends FinetuneIdentity {
  /** Where it computes. */
  readonly backend: Backend;
  /** Programs of the phase of the step. */
  readonly programs: FinetunePrograms;
}

/**
 * Inputs of the gradient program: mixed images and classes, and which branches are
 * dropped. All randomness follows from seed, epoch, the number of the batch and the
 * samples in it.
 *
 * @param run Configuration and plan.
 * @param placed The micro-batch.
 * @returns Tensors by name, or the first sample that has no class.
 */
export function finetuneTensors(
  { config }: FinetuneIdentity,
  { batch, epoch, place }: PlacedBatch,
): Result<TrainError, Readonly<Record<string, HostTensor>>> {
  const { model, classes, mixing, dropPath, training: { seed } } = config;
  const { labels, indices } = batch;
  const bad = labels?.find((label) => !(label >= 0 && label < classes));
  if (labels === null || bad !== undefined) {
    const wanted = `classes from 0 to ${classes - 1}`;
    const fault = {
      _tag: "OutOfRange",
      path: "labels",
      found: bad,
      wanted,
    } as const;
    return left({ _tag: "BadConfig", faults: [fault] });
  }
  const key = split(split(epochKey(seed, epoch), "mixing"), place);
  const mixed = drawMixing(mixing, model.imageSize, key);
  const targets = mixTargets(mixed, labels, classes, mixing.labelSmoothing);
  const size = indices.length;
  const branches = () =>
    branchFactors(dropPath, model.depth, indices, { seed, epoch });
  return right({
    images: { shape: batch.shape, data: mixImages(mixed, batch) },
    targets: { shape: [size, classes], data: targets },
    ...dropPath > 0
      ? { branches: { shape: [2 * model.depth, size], data: branches() } }
      : {},
  });
}

/** Loss and gradients of all micro-batches of a step. */
function accumulated(
  context: FinetuneContext,
  parameters: DeviceTensors,
  next: NextItem<PlacedBatch>,
): Promise<Result<TrainError, DeviceTensors>> {
  const { backend, programs, config: { training: { accumIter } } } = context;
  return summedOutputs(programs, accumIter, async () => {
    const placed = await next();
    if (placed._tag === "Left") return placed;
    const given = finetuneTensors(context, placed.right);
    if (given._tag === "Left") return given;
    const part = await differentiate(
      backend,
      programs,
      parameters,
      given.right,
    );
    return part._tag === "Left" ? part : right([part.right]);
  });
}

/** Rates and corrections of a step as the update program names them. */
function stepScalars(
  { config, plan, programs: { tuned } }: FinetuneContext,
  step: number,
): Readonly<Record<string, HostTensor>> {
  const { layers, unfrozen } = ratesAt(plan)(step);
  const scalars = [
    ...tuned.map(({ group: { name, layer, scale } }) =>
      [name, scale * (layer === null ? unfrozen : layers[layer] ?? 0)] as const
    ),
    ...Object.entries(corrections(config.optimizer, step + 1)),
  ];
  return Object.fromEntries(
    scalars.map(([name, value]) => [
      name,
      { shape: [], data: Float32Array.of(value) },
    ]),
  );
}

/** Moves the parameters; the moments of what has been frozen end here. */
async function moved(
  context: FinetuneContext,
  tensors: DeviceTensors,
  step: number,
  gradients: DeviceTensors,
): Promise<Result<TrainError, DeviceTensors>> {
  const scalars = uploadAll(context.backend, stepScalars(context, step));
  const outputs = await context.programs.update.run(
    new Map([...tensors, ...gradients, ...scalars]),
  );
  disposeAll(scalars.values());
  disposeAll(gradients.values());
  if (outputs._tag === "Left") return orBackendFailed(outputs);
  const isMoment = (name: string): boolean => name.includes("/");
  const still = [...tensors].filter(([name]) => !outputs.right.has(name));
  disposeAll(still.filter(([name]) => isMoment(name)).map(([, x]) => x));
  return right(
    new Map([...still.filter(([name]) => !isMoment(name)), ...outputs.right]),
  );
}

/**
 * Takes one optimizer step.
 *
 * @param context Engine, configuration, plan and programs.
 * @param tensors Parameters and moments before; still whole if the step fails.
 * @param step Its number.
 * @param epoch Its epoch.
 * @param next Gives its micro-batches.
 */
export async function finetuneStep(
  context: FinetuneContext,
  tensors: DeviceTensors,
  step: number,
  epoch: number,
  next: NextItem<PlacedBatch>,
): Promise<Result<TrainError, Stepped<FinetuneReport>>> {
  const outputs = await accumulated(context, tensors, next);
  if (outputs._tag === "Left") return outputs;
  const loss = await finiteLoss(context.backend, outputs.right, step);
  if (loss._tag === "Left") {
    disposeAll(outputs.right.values());
    return loss;
  }
  const after = await moved(context, tensors, step, outputs.right);
  if (after._tag === "Left") return after;
  const { layers } = ratesAt(context.plan)(step);
  const report: FinetuneReport = {
    step,
    epoch,
    frozenLayers: context.programs.phase.frozenLayers,
    rate: layers.at(-1) ?? 0,
    loss: loss.right,
  };
  return right({ tensors: after.right, report });
}
