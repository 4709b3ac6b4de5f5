/** Flags of every run: where it is kept, when it is saved, its health and its device. */
import { type CheckpointPolicy, DEFAULT_LOSS_LIMIT } from "../../train/mod.ts";
import { DEVICE_FLAGS } from "../command/device_flags.ts";
import { RANK_FLAGS } from "../command/rank_flags.ts";
import {
  ABOVE_ZERO,
  type FlagValues,
  numberFlag,
  switchFlag,
  textFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";
import { LOADING_FLAGS } from "../images/loading.ts";

/** Most checkpoints that are written in a run where no interval is given; each takes time. */
const MOST_SAVED = 100;
/** Checkpoints kept where `--keep` is not given. */
const DEFAULT_KEEP = 2;

const FOLDER_FLAGS = under("Run and checkpoints", {
  "config": textFlag("FILE", "start from this configuration (JSON)"),
  "output-dir": textFlag("DIR", "folder of the run", {
    initial: "runs/N, the first free N",
  }),
  "resume": textFlag(
    "auto|DIR",
    "go on from a run's folder or one of its checkpoints; auto: with the run in --output-dir, or with the one in runs/ that these flags fit, if there is one",
  ),
  "allow-schedule-change": switchFlag(
    "go on even where flags change epochs, warm-up, freezing or rates",
  ),
  "allow-data-change": switchFlag(
    "go on even where images have changed under the same names",
  ),
});

/** Flags of checkpoints. */
export const SAVE_FLAGS = under("Run and checkpoints", {
  "save-every": wholeFlag(1, "epochs between checkpoints", {
    initial: "1, or a hundredth of many epochs, if no other interval is given",
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

/** Flags of what a run does when its numbers go wrong. */
const HEALTH_FLAGS = under("Health", {
  "skip-non-finite": wholeFlag(
    0,
    "steps of the whole run that may be left out because a loss or gradient is not finite",
    { initial: "0" },
  ),
  "loss-limit": numberFlag(
    {
      // No loss stays below its best, so that a limit below 1 would say nothing.
      wanted: "0, or a number of at least 1",
      holds: (value) => value === 0 || value >= 1,
      nearest: (value) => value < 0 ? 0 : 1,
    },
    "stop when a loss stays so many times above its best and above that of predicting nothing; 0 never",
    { initial: String(DEFAULT_LOSS_LIMIT) },
  ),
});

/** Flags of every run; none of them but `--config` is part of what it is. */
export const RUN_FLAGS = {
  ...LOADING_FLAGS,
  ...FOLDER_FLAGS,
  ...SAVE_FLAGS,
  ...HEALTH_FLAGS,
  ...DEVICE_FLAGS,
  ...RANK_FLAGS,
  ...under("Output", {
    "no-tensorboard": switchFlag(
      "write no event files for TensorBoard into the run's folder",
    ),
  }),
} as const;

/** Values of these flags. */
export type RunValues = FlagValues<typeof RUN_FLAGS>;

/** Values of the flags of checkpoints. */
export type SaveValues = FlagValues<typeof SAVE_FLAGS>;

const INTERVALS = [
  "save-every",
  "save-every-steps",
  "save-every-minutes",
] as const;

/** True if two intervals contradict each other. */
export function hasTwoIntervals(values: SaveValues): boolean {
  return values["save-every"] !== undefined &&
    values["save-every-steps"] !== undefined;
}

/**
 * Checkpoint policy of a run.
 *
 * @param stepsPerEpoch Steps of each epoch.
 * @param allEpochs Epochs of the whole run.
 */
export function policyFrom(
  values: SaveValues,
  stepsPerEpoch: number,
  allEpochs: number,
): CheckpointPolicy {
  const isGiven = INTERVALS.some((name) => values[name] !== undefined);
  const epochs = values["save-every"] ??
    (isGiven ? null : Math.ceil(allEpochs / MOST_SAVED));
  return {
    everySteps: values["save-every-steps"] ??
      (epochs === null ? null : epochs * stepsPerEpoch),
    everyMinutes: values["save-every-minutes"] ?? null,
    keepLast: values.keep ?? DEFAULT_KEEP,
    keepAtFreeze: values["keep-at-freeze"] ?? false,
  };
}

/** Limit of a loss, times its bound; infinite where it is not watched. */
export const lossLimit = (
  { "loss-limit": limit = DEFAULT_LOSS_LIMIT }: RunValues,
): number => limit === 0 ? Infinity : limit;
