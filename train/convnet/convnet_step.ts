/**
 * One optimizer step of a convolutional network.
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
  left,
  ratesAt,
  type Result,
  right,
} from "../../core/mod.ts";
import type { Batch } from "../../data/mod.ts";
import { uploadAll } from "../batch_tensors.ts";
import { finiteLoss } from "../finite_loss.ts";
import { rateName } from "../phase_programs.ts";
import { orBackendFailed } from "../run_graph.ts";
import type { Stepped } from "../stepped_training.ts";
import type { TrainError } from "../train_error.ts";
import { disposeAll } from "../train_state.ts";
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

/** Rates and corrections of a step as the update program names them. */
function stepScalars(
  { config, plan }: ConvNetContext,
  step: number,
): Readonly<Record<string, HostTensor>> {
  const scalars = [
    ...ratesAt(plan)(step).layers.map((rate, layer) =>
      [rateName(layer), rate] as const
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
): Promise<Result<TrainError, DeviceTensors>> {
  const scalars = uploadAll(context.backend, stepScalars(context, step));
  const updated = await context.programs.update.run(
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
 * Takes one optimizer step.
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
  const outputs = await differentiate(context, tensors, batch);
  if (outputs._tag === "Left") return outputs;
  const loss = await finiteLoss(context.backend, outputs.right, step);
  const after: Result<TrainError, DeviceTensors> = loss._tag === "Left"
    ? loss
    : await moved(context, tensors, step, outputs.right);
  const kept = after._tag === "Right" ? isStatistic : () => false;
  disposeAll([...outputs.right].flatMap(([name, x]) => kept(name) ? [] : [x]));
  if (after._tag === "Left") return after;
  const report: ConvNetReport = {
    step,
    epoch,
    frozenLayers: context.programs.phase.frozenLayers,
    rates: ratesAt(context.plan)(step).layers,
    loss: loss._tag === "Right" ? loss.right : NaN,
    milliseconds: performance.now() - started,
  };
  return right({ tensors: after.right, report });
}
