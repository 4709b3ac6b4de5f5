/**
 * What a step is looked at for before anything moves.
 *
 * @module
 */
import { disposeAll, orBackendFailed } from "./engine/tensors.ts";
import type { Backend, DeviceTensors, Program } from "../backends/backend.ts";
import {
  globalNorm,
  left,
  type Result,
  right,
  SQUARES_OUTPUT,
} from "../core/mod.ts";
import { download } from "./engine/tensors.ts";
import type { Origin } from "./engine/origin.ts";

import type { TrainError } from "./train_error.ts";

/** A tensor of which one number is read in every step: the sum of its squares. */
export interface Watched {
  /** What it is: statistics are what normalisations will use later. */
  readonly kind: "gradient" | "statistics";
  /** The parameter whose gradient it is, or the name of the statistics. */
  readonly name: string;
  /** The part of the model and its layer, in words. */
  readonly part: string;
}

/** How a step is looked at. */
export interface HealthCheck {
  /** Gives the sums of squares (`gradientSquares`); `null` if the step itself does. */
  readonly squares: Program | null;
  /** Whose squares they are: gradients in the order of the forward pass, then statistics. */
  readonly watched: readonly Watched[];
}

/** Losses and gradients in a few numbers. */
export interface HealthNumbers {
  /** The losses that were asked for, by name. */
  readonly losses: ReadonlyMap<string, number>;
  /** Sum of squares of each tensor that is watched. */
  readonly squares: Float32Array;
}

/**
 * Reads losses and sums of squares: a few hundred numbers, copied at once. Waits until
 * the device has computed them.
 *
 * @param backend Where they are.
 * @param check What gives the sums of squares.
 * @param outputs Losses and gradients; they stay the caller's.
 * @param losses Names of the losses.
 */
export async function healthNumbers(
  backend: Backend,
  { squares: program }: Pick<HealthCheck, "squares">,
  outputs: DeviceTensors,
  losses: readonly string[],
): Promise<Result<TrainError, HealthNumbers>> {
  const summed = program === null ? null : await program.run(outputs);
  if (summed?._tag === "Left") return orBackendFailed(summed);
  const all = new Map([...outputs, ...summed?.right ?? []]);
  const names = [...losses, SQUARES_OUTPUT];
  const wanted = [...all].filter(([name]) => names.includes(name));
  const read = await download(backend, new Map(wanted));
  disposeAll(summed?.right.values() ?? []);
  if (read._tag === "Left") return read;
  const { right: values } = read;
  return right({
    losses: new Map(losses.map((name) => [name, values.get(name)?.[0] ?? NaN])),
    squares: values.get(SQUARES_OUTPUT) ?? new Float32Array(),
  });
}

/**
 * The gradient in which a backward pass first met a number that is not finite. It goes
 * from the last parameters to the first.
 *
 * @param gradients Gradients in the order of the forward pass.
 * @param squares Their sums of squares.
 * @returns `null` if all are finite.
 */
export function firstBadGradient<A>(
  gradients: readonly A[],
  squares: Float32Array,
): A | null {
  return gradients.findLast((_, i) => !Number.isFinite(squares[i])) ?? null;
}

/** Loss and gradients of a step that may be taken. */
export interface StepHealth {
  /** The loss. */
  readonly loss: number;
  /** Length of all gradients together, before they are clipped. */
  readonly gradientNorm: number;
}

/** Where a gradient is not finite. */
const originAt = ({ name, part }: Watched): Origin => ({
  stage: null,
  first: { kind: "gradient", name, part },
});

/** Why a step must not be taken, or `null`. */
function badNumbers(
  watched: readonly Watched[],
  step: number,
  loss: number,
  squares: Float32Array,
): TrainError | null {
  if (!Number.isFinite(loss)) {
    return { _tag: "NonFiniteLoss", step, stageLosses: {} };
  }
  const gradients = watched.filter(({ kind }) => kind === "gradient");
  const gradient = firstBadGradient(gradients, squares);
  if (gradient !== null) {
    return { _tag: "NonFiniteGradient", step, origin: originAt(gradient) };
  }
  const statistics = watched.find((_, i) => !Number.isFinite(squares[i]));
  if (statistics === undefined) return null;
  const { name, part } = statistics;
  return { _tag: "NonFiniteStatistics", step, name, part };
}

/**
 * Looks at a step with one loss before anything moves.
 *
 * @param backend Where it was computed.
 * @param check How it is looked at.
 * @param outputs What it gave, `loss` and gradients among it; they stay the caller's.
 * @param step Its number.
 * @returns Loss and length of the gradients, or what is not finite.
 */
export async function stepHealth(
  backend: Backend,
  check: HealthCheck,
  outputs: DeviceTensors,
  step: number,
): Promise<Result<TrainError, StepHealth>> {
  const numbers = await healthNumbers(backend, check, outputs, ["loss"]);
  if (numbers._tag === "Left") return numbers;
  const { losses, squares } = numbers.right;
  const loss = losses.get("loss") ?? NaN;
  const error = badNumbers(check.watched, step, loss, squares);
  const ofGradients = squares.filter((_, i) =>
    check.watched[i]?.kind === "gradient"
  );
  return error === null
    ? right({ loss, gradientNorm: globalNorm(ofGradients) })
    : left(error);
}
