/**
 * What a device gives out of a step before its update.
 *
 * @module
 */
import type { Backend, DeviceTensors } from "../backends/backend.ts";
import {
  globalNorm,
  left,
  type Result,
  right,
  stageLossName,
} from "../core/mod.ts";
import { firstBadGradient, healthNumbers } from "./gradient_health.ts";
import { describePart, type Origin } from "./origin.ts";
import type { PhasePrograms } from "./phase_programs.ts";
import type { StepContext } from "./step_context.ts";
import type { NonFiniteError, TrainError } from "./train_error.ts";

/** Losses and gradients of a step in a few numbers. */
export interface StepNumbers {
  /** Weighted sum of the stage losses. */
  readonly loss: number;
  /** Loss of each live stage by its number. */
  readonly stageLosses: Readonly<Record<number, number>>;
  /** Sum of squares of each gradient, in the order of the trained parameters. */
  readonly squares: Float32Array;
  /** Length of all gradients together. */
  readonly gradientNorm: number;
}

/**
 * Reads the losses and the sum of squares of each gradient: a few hundred numbers,
 * copied at once. Waits until the device has computed them.
 *
 * @param backend Where they are.
 * @param programs Programs of the phase.
 * @param outputs Losses and gradients; they stay the caller's.
 */
export async function stepNumbers(
  backend: Backend,
  programs: PhasePrograms,
  outputs: DeviceTensors,
): Promise<Result<TrainError, StepNumbers>> {
  const { liveStages } = programs.phase;
  const names = ["loss", ...liveStages.map(stageLossName)];
  const numbers = await healthNumbers(backend, programs, outputs, names);
  if (numbers._tag === "Left") return numbers;
  const { losses, squares } = numbers.right;
  const lossAt = (name: string): number => losses.get(name) ?? NaN;
  return right({
    loss: lossAt("loss"),
    stageLosses: Object.fromEntries(
      liveStages.map((stage) => [stage, lossAt(stageLossName(stage))]),
    ),
    squares,
    gradientNorm: globalNorm(squares),
  });
}

/** What losses and gradients alone say about where it began. */
function originOf(
  { config, plan }: StepContext,
  { phase, trained }: PhasePrograms,
  { stageLosses, squares }: StepNumbers,
): Origin {
  const stage = phase.liveStages.find((index) =>
    !Number.isFinite(stageLosses[index])
  );
  const gradient = firstBadGradient(trained, squares);
  return {
    stage: stage === undefined
      ? null
      : { index: stage, scale: config.model.stages[stage]?.scale ?? 1 },
    first: gradient === null ? null : {
      kind: "gradient",
      name: gradient.name,
      part: describePart(plan, gradient.owner),
    },
  };
}

/**
 * Whether a step may be taken with such losses and gradients.
 *
 * @param context Configuration and plan.
 * @param programs Programs of the phase.
 * @param step Number of the step.
 * @param numbers Its losses and gradients.
 * @returns The same numbers, or what is not finite.
 */
export function finiteNumbers(
  context: StepContext,
  programs: PhasePrograms,
  step: number,
  numbers: StepNumbers,
): Result<NonFiniteError, StepNumbers> {
  const { loss, stageLosses, gradientNorm } = numbers;
  const losses = [loss, ...Object.values(stageLosses)];
  const areFinite = losses.every(Number.isFinite);
  if (areFinite && Number.isFinite(gradientNorm)) return right(numbers);
  const origin = originOf(context, programs, numbers);
  return left(
    areFinite
      ? { _tag: "NonFiniteGradient", step, origin }
      : { _tag: "NonFiniteLoss", step, stageLosses, origin },
  );
}
