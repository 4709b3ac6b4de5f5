/**
 * Flags that say what a run does when its numbers go wrong.
 *
 * @module
 */
import type { ModelSpec } from "../../core/mod.ts";
import {
  DEFAULT_LOSS_LIMIT,
  type LossWatch,
  lossWatch,
} from "../../train/mod.ts";
import {
  type FlagValues,
  numberFlag,
  type NumberRange,
  under,
  wholeFlag,
} from "../flags/flags.ts";

/** No loss stays below its best, so that a limit below 1 would say nothing. */
const LOSS_LIMIT: NumberRange = {
  wanted: "0, or a number of at least 1",
  holds: (value) => value === 0 || value >= 1,
  nearest: (value) => value < 0 ? 0 : 1,
};

/** Flags of a run's health; clipping belongs to the method. */
export const HEALTH_FLAGS = under("Run and checkpoints", {
  "skip-non-finite": wholeFlag(
    0,
    "steps of the whole run that may be left out because a loss or gradient is not finite",
    { initial: "0" },
  ),
  "loss-limit": numberFlag(
    LOSS_LIMIT,
    "stop when a loss stays so many times above its best and above that of predicting nothing; 0 never",
    { initial: String(DEFAULT_LOSS_LIMIT) },
  ),
});

/**
 * What watches the losses of a run; it is to see the steps before a start, too.
 *
 * @param values Flags that were given.
 * @param model The model.
 */
export function watchFrom(
  values: FlagValues<typeof HEALTH_FLAGS>,
  model: ModelSpec,
): LossWatch {
  const limit = values["loss-limit"] ?? DEFAULT_LOSS_LIMIT;
  return lossWatch(model, limit === 0 ? Infinity : limit, []);
}
