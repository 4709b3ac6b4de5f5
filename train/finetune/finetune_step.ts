/**
 * One optimizer step of fine-tuning.
 *
 * @module
 */
import { disposeAll, orBackendFailed } from "../engine/tensors.ts";
import type {
  Backend,
  DeviceTensors,
  HostTensor,
} from "../../backends/backend.ts";
import {
  epochKey,
  left,
  ratesAt,
  type Result,
  right,
  split,
} from "../../core/mod.ts";
import type { Batch } from "../../data/mod.ts";
import { stepHealth } from "../gradient_health.ts";

import type { NextItem, Stepped } from "../stepped_training.ts";
import { differentiate, summedOutputs } from "../summed_outputs.ts";
import type { TrainError } from "../train_error.ts";

import { updateScalars } from "../update_scalars.ts";
import { branchFactors } from "./drop_path.ts";
import type {
  FinetuneIdentity,
  FinetunePrograms,
  GroupRate,
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
  /** Length of all gradients together, before they are clipped; what is frozen has none. */
  readonly gradientNorm: number;
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

/** Learning rates of a step as the update program names them. */
function namedRates(
  { plan, programs: { tuned } }: FinetuneContext,
  step: number,
): Readonly<Record<string, number>> {
  const { layers, unfrozen } = ratesAt(plan)(step);
  const rateOf = ({ layer, scale }: GroupRate): number =>
    scale * (layer === null ? unfrozen : layers[layer] ?? 0);
  return Object.fromEntries(
    tuned.map(({ group }) => [group.name, rateOf(group)]),
  );
}

/** Moves the parameters; the moments of what has been frozen end here. */
async function moved(
  context: FinetuneContext,
  tensors: DeviceTensors,
  step: number,
  gradients: DeviceTensors,
  gradientNorm: number,
): Promise<Result<TrainError, DeviceTensors>> {
  const { backend, config, programs } = context;
  const rates = namedRates(context, step);
  const moment = { rates, step, gradientNorm };
  const scalars = updateScalars(backend, config, moment);
  const outputs = await programs.update.run(
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
 * Takes one optimizer step; nothing moves by a loss or gradient that is not finite.
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
  const { backend, programs } = context;
  const outputs = await accumulated(context, tensors, next);
  if (outputs._tag === "Left") return outputs;
  const gradients = outputs.right;
  const health = await stepHealth(backend, programs, gradients, step);
  if (health._tag === "Left") {
    disposeAll(gradients.values());
    return health;
  }
  const { gradientNorm } = health.right;
  const after = await moved(context, tensors, step, gradients, gradientNorm);
  if (after._tag === "Left") return after;
  const { layers } = ratesAt(context.plan)(step);
  const report: FinetuneReport = {
    step,
    epoch,
    frozenLayers: programs.phase.frozenLayers,
    rate: layers.at(-1) ?? 0,
    ...health.right,
  };
  return right({ tensors: after.right, report });
}
