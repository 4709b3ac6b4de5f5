/**
 * Flags that say when a run is saved and what stays.
 *
 * @module
 */
import type { CheckpointPolicy } from "../../train/mod.ts";
import {
  ABOVE_ZERO,
  type FlagValues,
  numberFlag,
  switchFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";

/** Epochs between checkpoints where no interval is given. */
const DEFAULT_EPOCHS = 1;
/** Checkpoints kept where `--keep` is not given. */
const DEFAULT_KEEP = 2;

/** Flags of checkpoints. */
export const SAVE_FLAGS = under("Run and checkpoints", {
  "save-every": wholeFlag(1, "epochs between checkpoints", {
    initial: `${DEFAULT_EPOCHS}, if no other interval is given`,
  }),
  "save-every-steps": wholeFlag(1, "steps between checkpoints"),
  "save-every-minutes": numberFlag(
    ABOVE_ZERO,
    "minutes after which there is another checkpoint",
  ),
  "keep": wholeFlag(1, "newest checkpoints to keep", {
    initial: String(DEFAULT_KEEP),
  }),
  "keep-at-freeze": switchFlag(
    "write a checkpoint wherever layers freeze and keep it for ever",
  ),
});

/** Values of these flags. */
export type SaveValues = FlagValues<typeof SAVE_FLAGS>;

const INTERVALS = [
  "save-every",
  "save-every-steps",
  "save-every-minutes",
] as const;

/** Whether two intervals contradict each other. */
export function hasTwoIntervals(values: SaveValues): boolean {
  return values["save-every"] !== undefined &&
    values["save-every-steps"] !== undefined;
}

/**
 * When a run is saved.
 *
 * @param values Flags that were given.
 * @param stepsPerEpoch Optimizer steps of an epoch.
 */
export function policyFrom(
  values: SaveValues,
  stepsPerEpoch: number,
): CheckpointPolicy {
  const isGiven = INTERVALS.some((name) => values[name] !== undefined);
  const epochs = values["save-every"] ?? (isGiven ? null : DEFAULT_EPOCHS);
  return {
    everySteps: values["save-every-steps"] ??
      (epochs === null ? null : epochs * stepsPerEpoch),
    everyMinutes: values["save-every-minutes"] ?? null,
    keepLast: values.keep ?? DEFAULT_KEEP,
    keepAtFreeze: values["keep-at-freeze"] ?? false,
  };
}

/** These flags as words, for a command that goes on in the same way. */
export function saveWords(values: SaveValues): string {
  return Object.keys(SAVE_FLAGS).map((name) => {
    const value = values[name as keyof SaveValues];
    if (value === undefined) return "";
    return value === true ? ` --${name}` : ` --${name} ${value}`;
  }).join("");
}
