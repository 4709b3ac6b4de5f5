/**
 * One optimizer step of a convolutional network.
 *
 * @module
 */
import { disposeAll, orBackendFailed, uploadAll } from "../engine/tensors.ts";
import type {
  Backend,
  DeviceTensors,
  HostTensor,
} from "../../backends/backend.ts";
import { left, ratesAt, type Result, right } from "../../core/mod.ts";
import type { Batch } from "../../data/mod.ts";

import { stepHealth } from "../gradient_health.ts";
import { rateName } from "../engine/phase.ts";

import type { Stepped } from "../stepped_training.ts";
import type { TrainError } from "../train_error.ts";

import { updateScalars } from "../update_scalars.ts";
import type { ConvNetIdentity, ConvNetPrograms } from "./convnet_programs.ts";

/** What happened in an optimizer step. */
export interface ConvNetReport {
  /** Its number, from 0. */
  readonly step: number;
  /** Its epoch, from 0. */
  readonly epoch: number;
  /** How many layers are frozen. */
  readonly frozenLayers: number;
  /** Learning rate of each layer, 0 for frozen ones. */
  readonly rates: readonly number[];
  /** Mean cross entropy, before the parameters moved. */
  readonly loss: number;
  /** Length of all gradients together, before they are clipped; what is frozen has none. */
  readonly gradientNorm: number;
  /** Time from the images on: both passes and the optimizer, without compilation. */
  readonly milliseconds: number;
}

/** Everything of a step but its tensors and images. */
export interface ConvNetContext extends ConvNetIdentity {
  /** Where it computes. */
  readonly backend: Backend;
  /** Programs of the phase of the step. */
  readonly programs: ConvNetPrograms;
}

/**
 * Images and classes of a batch as the gradient program takes them.
 *
 * @param batch Images with their classes.
 * @param classes Classes of the network.
 * @returns Tensors by name, or the first sample that has no class.
 */
export function convNetTargets(
  { shape, images, labels, indices }: Batch,
  classes: number,
): Result<TrainError, Readonly<Record<string, HostTensor>>> {
  const bad = labels?.find((label) => !(label >= 0 && label < classes));
  if (labels === null || bad !== undefined) {
    const wanted = `classes from 0 to ${classes - 1}`;
    return left({
      _tag: "BadConfig",
      faults: [{ _tag: "OutOfRange", path: "labels", found: bad, wanted }],
    });
  }
  const targets = new Float32Array(indices.length * classes);
  labels.forEach((label, i) => targets[i * classes + label] = 1);
  return right({
    images: { shape, data: images },
    targets: { shape: [indices.length, classes], data: targets },
  });
}

/** Loss, gradients and running statistics of a batch. */
async function differentiate(
  { backend, config, programs }: ConvNetContext,
  tensors: DeviceTensors,
  batch: Batch,
): Promise<Result<TrainError, DeviceTensors>> {
  const given = convNetTargets(batch, config.model.classes);
  if (given._tag === "Left") return given;
  const uploaded = uploadAll(backend, given.right);
  const outputs = await programs.gradient.run(
    new Map([...tensors, ...uploaded]),
  );
  disposeAll(uploaded.values());
  return orBackendFailed(outputs);
}

/** Learning rates of a step as the update program names them. */
const namedRates = (
  { plan }: ConvNetContext,
  step: number,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    ratesAt(plan)(step).layers.map((rate, layer) => [rateName(layer), rate]),
  );

const isMoment = (name: string): boolean => name.includes("/");
const isStatistic = (name: string): boolean => name.includes(".running_");

/**
 * Moves the parameters and puts the running statistics in their places; the moments of
 * what has been frozen end here.
 */
async function moved(
  context: ConvNetContext,
  tensors: DeviceTensors,
  step: number,
  outputs: DeviceTensors,
  gradientNorm: number,
): Promise<Result<TrainError, DeviceTensors>> {
  const { backend, config, programs } = context;
  const rates = namedRates(context, step);
  const moment = { rates, step, gradientNorm };
  const scalars = updateScalars(backend, config, moment);
  const updated = await programs.update.run(
    new Map([...tensors, ...outputs, ...scalars]),
  );
  disposeAll(scalars.values());
  if (updated._tag === "Left") return orBackendFailed(updated);
  const statistics = [...outputs].filter(([name]) => isStatistic(name));
  const after = new Map([...updated.right, ...statistics]);
  for (const [name, tensor] of tensors) {
    if (updated.right.has(name)) continue;
    if (isMoment(name) || after.has(name)) tensor.dispose();
    else after.set(name, tensor);
  }
  return right(after);
}

/**
 * Takes one optimizer step; nothing moves by a loss or gradient that is not finite, nor
 * by running statistics that are not.
 *
 * @param context Engine, configuration, plan and programs.
 * @param tensors Tensors of the network and moments before; still whole if the step fails.
 * @param step Its number.
 * @param epoch Its epoch.
 * @param batch Its images with their classes.
 */
export async function convNetStep(
  context: ConvNetContext,
  tensors: DeviceTensors,
  step: number,
  epoch: number,
  batch: Batch,
): Promise<Result<TrainError, Stepped<ConvNetReport>>> {
  const started = performance.now();
  const { backend, plan, programs } = context;
  const found = await differentiate(context, tensors, batch);
  if (found._tag === "Left") return found;
  const outputs = found.right;
  const health = await stepHealth(backend, programs, outputs, step);
  const after: Result<TrainError, DeviceTensors> = health._tag === "Left"
    ? health
    : await moved(context, tensors, step, outputs, health.right.gradientNorm);
  const kept = after._tag === "Right" ? isStatistic : () => false;
  disposeAll([...outputs].flatMap(([name, x]) => kept(name) ? [] : [x]));
  if (health._tag === "Left") return health;
  if (after._tag === "Left") return after;
  const report: ConvNetReport = {
    step,
    epoch,
    frozenLayers: programs.phase.frozenLayers,
    rates: ratesAt(plan)(step).layers,
    ...health.right,
    milliseconds: performance.now() - started,
  };
  return right({ tensors: after.right, report });
}
