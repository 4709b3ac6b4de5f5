/** Gradient checks before an update. */
import type { Backend, DeviceTensors } from "../../../backends/backend.ts";
import {
  globalNorm,
  left,
  type Result,
  right,
  SQUARES_OUTPUT,
} from "../../../core/mod.ts";
import type { NonFiniteError, Origin, TrainError } from "../../train_error.ts";
import type { PhasePrograms, PhaseWork } from "./phase.ts";
import type { Task } from "../task.ts";
import {
  disposeAll,
  download,
  type HostTensors,
  orBackendFailed,
} from "../tensors.ts";

/** Losses and gradients of a step in a few numbers. */
export interface StepNumbers {
  /** The loss, of all stages together. */
  readonly loss: number;
  /** Loss of each live stage by its number. */
  readonly stageLosses: Readonly<Record<number, number>>;
  /** Loss of latent targets, if there are any. */
  readonly latentLoss?: number;
  /** Sum of squares of each gradient, in the order of the trained parameters, then of the statistics. */
  readonly squares: Float32Array;
  /** Length of all gradients together. */
  readonly gradientNorm: number;
}

/** Names of the outputs that say how a step was: its losses and the sums of squares. */
export const reportedNames = (
  { stageLosses, latentLoss }: PhaseWork,
): readonly string[] => [
  "loss",
  ...Object.values(stageLosses),
  ...latentLoss === null ? [] : [latentLoss],
  SQUARES_OUTPUT,
];

/** The numbers of a step, once they are in main memory. */
export function numbersFrom(
  { stageLosses, latentLoss, trainable }: PhaseWork,
  read: HostTensors,
): StepNumbers {
  const lossAt = (name: string): number => read.get(name)?.[0] ?? NaN;
  const squares = read.get(SQUARES_OUTPUT) ?? new Float32Array();
  return {
    loss: lossAt("loss"),
    stageLosses: Object.fromEntries(
      Object.entries(stageLosses).map(([k, name]) => [k, lossAt(name)]),
    ),
    ...latentLoss === null ? {} : { latentLoss: lossAt(latentLoss) },
    squares,
    gradientNorm: globalNorm(squares.subarray(0, trainable.length)),
  };
}

/**
 * Reads the losses and the sum of squares of each gradient: a few hundred numbers,
 * copied at once. Waits until the device has computed them.
 *
 * @param outputs Losses and gradients; they stay the caller's.
 */
export async function stepNumbers(
  backend: Backend,
  programs: PhasePrograms,
  outputs: DeviceTensors,
): Promise<Result<TrainError, StepNumbers>> {
  const summed = await programs.squares.run(outputs);
  if (summed._tag === "Left") return orBackendFailed(summed);
  const all = new Map([...outputs, ...summed.right]);
  const names = reportedNames(programs);
  const wanted = [...all].filter(([name]) => names.includes(name));
  const read = await download(backend, new Map(wanted));
  disposeAll(summed.right.values());
  return read._tag === "Left" ? read : right(numbersFrom(programs, read.right));
}

/** Origin of numbers that are not finite, as far as losses and gradients tell. */
function originOf(
  { plan, partOf }: Task<unknown>,
  { trainable }: PhaseWork,
  { stageLosses, squares }: StepNumbers,
): Origin {
  const bad = Object.entries(stageLosses)
    .find(([, loss]) => !Number.isFinite(loss));
  const index = bad === undefined ? null : Number(bad[0]);
  const scale = plan.stages[index ?? -1]?.scale ?? 1;
  // A backward pass meets the last parameters first.
  const gradient = trainable.findLast((_, i) => !Number.isFinite(squares[i]));
  return {
    stage: index === null ? null : { index, scale },
    first: gradient === undefined ? null : {
      kind: "gradient",
      name: gradient.name,
      part: partOf(gradient.name),
    },
  };
}

/** Check of the losses, gradients and statistics of a step. */
export function finiteNumbers(
  task: Task<unknown>,
  programs: PhaseWork,
  step: number,
  numbers: StepNumbers,
): Result<NonFiniteError, StepNumbers> {
  const { loss, stageLosses, squares, gradientNorm } = numbers;
  const { trainable, statistics } = programs;
  if (![loss, ...Object.values(stageLosses)].every(Number.isFinite)) {
    const origin = originOf(task, programs, numbers);
    return left({ _tag: "NonFiniteLoss", step, stageLosses, origin });
  }
  if (!Number.isFinite(gradientNorm)) {
    const origin = originOf(task, programs, numbers);
    return left({ _tag: "NonFiniteGradient", step, origin });
  }
  const bad = statistics.find((_, i) =>
    !Number.isFinite(squares[trainable.length + i])
  );
  if (bad === undefined) return right(numbers);
  const part = task.partOf(bad.name);
  return left({ _tag: "NonFiniteStatistics", step, name: bad.name, part });
}
