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
  SQUARES_OUTPUT,
  stageLossName,
} from "../core/mod.ts";
import { download } from "./download.ts";
import { describePart, type Origin } from "./origin.ts";
import type { PhasePrograms } from "./phase_programs.ts";
import { orBackendFailed } from "./run_graph.ts";
import type { StepContext } from "./step_context.ts";
import type { NonFiniteError, TrainError } from "./train_error.ts";
import { disposeAll } from "./train_state.ts";

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
  { phase: { liveStages }, squares: program }: PhasePrograms,
  outputs: DeviceTensors,
): Promise<Result<TrainError, StepNumbers>> {
  const summed = await program.run(outputs);
  if (summed._tag === "Left") return orBackendFailed(summed);
  const names = ["loss", ...liveStages.map(stageLossName)];
  const losses = [...outputs].filter(([name]) => names.includes(name));
  const values = await download(backend, new Map([...losses, ...summed.right]));
  disposeAll(summed.right.values());
  if (values._tag === "Left") return values;
  const numberOf = (name: string): number => values.right.get(name)?.[0] ?? NaN;
  const squares = values.right.get(SQUARES_OUTPUT) ?? new Float32Array();
  return right({
    loss: numberOf("loss"),
    stageLosses: Object.fromEntries(
      liveStages.map((stage) => [stage, numberOf(stageLossName(stage))]),
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
  // The backward pass goes from the last parameters to the first.
  const gradient = trained.findLast((_, i) => !Number.isFinite(squares[i]));
  return {
    stage: stage === undefined
      ? null
      : { index: stage, scale: config.model.stages[stage]?.scale ?? 1 },
    first: gradient === undefined ? null : {
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
