/** Times of checkpoints, and which of them are kept. */
import {
  type Codec,
  decode,
  oneOf,
  POSITIVE,
  wholeFrom,
} from "../../core/codec/codec.ts";
import { nullable, recordOf } from "../../core/codec/structures.ts";
import type { Faults, FreezePlan, Result } from "../../core/mod.ts";

/** Checkpoints that are kept. */
export interface KeptCheckpoints {
  /** Number of the newest that are kept, a whole number of at least 1. */
  readonly keepLast: number;
  /** True keeps those at freeze steps for ever; there is one at each. */
  readonly keepAtFreeze: boolean;
}

/** Times of checkpoints, and which are kept. The end of a run is always saved. */
export interface CheckpointPolicy extends KeptCheckpoints {
  /** Steps between checkpoints, a whole number of at least 1, or `null`. */
  readonly everySteps: number | null;
  /** Minutes after which there is another checkpoint, more than 0, or `null`. */
  readonly everyMinutes: number | null;
}

/** A point between two steps. */
export interface SavePoint {
  /** Steps done. */
  readonly step: number;
  /** Minutes since the last checkpoint, or since the run was opened. */
  readonly minutes: number;
}

const POLICY: Codec<CheckpointPolicy> = recordOf({
  everySteps: nullable(wholeFrom(1)),
  everyMinutes: nullable(POSITIVE),
  keepLast: wholeFrom(1),
  keepAtFreeze: oneOf(true, false),
});

/** Checks a policy: the policy, or every fault in it. */
export const checkedPolicy: (
  policy: CheckpointPolicy,
) => Result<Faults, CheckpointPolicy> = decode(POLICY);

/**
 * Steps at which layers freeze. A checkpoint with so many steps done is of the
 * last state after an update of them.
 *
 * @returns First steps of all phases but the first, rising.
 */
export function freezeSteps(
  { phases }: Pick<FreezePlan, "phases">,
): readonly number[] {
  return phases.slice(1).map(({ from }) => from);
}

/**
 * Test for a checkpoint being due: at the end of a run, at freeze steps that stay, at
 * multiples of `everySteps`, and when `everyMinutes` have passed.
 */
export function isCheckpointDue(
  { everySteps, everyMinutes, keepAtFreeze }: CheckpointPolicy,
  plan: Pick<FreezePlan, "phases" | "totalSteps">,
): (point: SavePoint) => boolean {
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
