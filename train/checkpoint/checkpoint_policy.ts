/**
 * When a run is saved, and which of its checkpoints stay.
 *
 * @module
 */
import {
  type Fault,
  type Faults,
  type FreezePlan,
  left,
  type Result,
  right,
} from "../../core/mod.ts";

/** Which checkpoints stay. */
export interface KeptCheckpoints {
  /** How many of the newest, a whole number of at least 1. */
  readonly keepLast: number;
  /** Whether those at freeze steps stay for ever; there is one at each. */
  readonly keepAtFreeze: boolean;
}

/** When a run is saved, and what stays. Its end is always saved. */
export interface CheckpointPolicy extends KeptCheckpoints {
  /** Steps between checkpoints, a whole number of at least 1, or `null`. */
  readonly everySteps: number | null;
  /** Minutes after which there is another checkpoint, more than 0, or `null`. */
  readonly everyMinutes: number | null;
}

/** A moment between two steps. */
export interface SaveMoment {
  /** Steps done. */
  readonly step: number;
  /** Minutes since the last checkpoint, or since the run was opened. */
  readonly minutes: number;
}

const isWhole = (value: number): boolean =>
  Number.isSafeInteger(value) && value >= 1;

/** What is wrong with a number, if anything. */
const outside = (
  path: keyof CheckpointPolicy,
  found: number,
  wanted: string,
): readonly Fault[] => [{ _tag: "OutOfRange", path, found, wanted }];

/**
 * Checks a policy.
 *
 * @param policy When to save and what to keep.
 * @returns The policy, or every number of it that is out of range.
 */
export function checkedPolicy(
  policy: CheckpointPolicy,
): Result<Faults, CheckpointPolicy> {
  const { everySteps, everyMinutes, keepLast } = policy;
  const whole = "a whole number of at least 1";
  const [first, ...others] = [
    ...everySteps === null || isWhole(everySteps)
      ? []
      : outside("everySteps", everySteps, `${whole}, or null`),
    ...everyMinutes === null || everyMinutes > 0
      ? []
      : outside("everyMinutes", everyMinutes, "more than 0, or null"),
    ...isWhole(keepLast) ? [] : outside("keepLast", keepLast, whole),
  ];
  return first === undefined ? right(policy) : left([first, ...others]);
}

/**
 * Steps at which layers freeze. A checkpoint with so many steps done is of the
 * last moment at which they had moved.
 *
 * @param plan The plan.
 * @returns First steps of all phases but the first, rising.
 */
export function freezeSteps(
  { phases }: Pick<FreezePlan, "phases">,
): readonly number[] {
  return phases.slice(1).map(({ from }) => from);
}

/**
 * Whether a run is to be saved now: at its end, at freeze steps that stay, at
 * multiples of `everySteps`, and when `everyMinutes` have passed.
 *
 * @param policy When to save.
 * @param plan The plan of the run.
 * @returns A function of the moment.
 *
 * @example Every 100 steps, every half hour, and wherever a layer freezes
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, planOf } from "@vitfreeze/vitfreeze/core";
 * import { freezeSteps, isCheckpointDue, orThrow } from "@vitfreeze/vitfreeze/train";
 * import { strictEqual } from "node:assert/strict";
 *
 * const plan = orThrow(planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167));
 * const isDue = isCheckpointDue({
 *   everySteps: 100,
 *   everyMinutes: 30,
 *   keepLast: 2,
 *   keepAtFreeze: true,
 * }, plan);
 *
 * strictEqual(isDue({ step: 1200, minutes: 1 }), true);
 * strictEqual(isDue({ step: 1201, minutes: 1 }), false);
 * strictEqual(isDue({ step: 1201, minutes: 30 }), true);
 * strictEqual(isDue({ step: freezeSteps(plan)[0] ?? NaN, minutes: 1 }), true);
 * ```
 */
export function isCheckpointDue(
  { everySteps, everyMinutes, keepAtFreeze }: CheckpointPolicy,
  plan: Pick<FreezePlan, "phases" | "totalSteps">,
): (moment: SaveMoment) => boolean {
  const freezes = new Set(keepAtFreeze ? freezeSteps(plan) : []);
  return ({ step, minutes }) =>
    step === plan.totalSteps || freezes.has(step) ||
    (everySteps !== null && step % everySteps === 0) ||
    (everyMinutes !== null && minutes >= everyMinutes);
}

/**
 * Checkpoints that are in the way once one is written: all up to it but the
 * newest. Later ones, of a run that went back before them, stay until it writes
 * them again.
 *
 * @param kept How many stay.
 * @param steps Steps of all checkpoints.
 * @param written Step of the one just written.
 * @returns Rising steps.
 */
export function outdatedSteps(
  { keepLast }: KeptCheckpoints,
  steps: readonly number[],
  written: number,
): readonly number[] {
  return steps.filter((step) => step <= written)
    .toSorted((a, b) => a - b)
    .slice(0, -keepLast);
}
