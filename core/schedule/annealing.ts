/** Annealing of layers: its length and its end. */
import type { FreezeTime } from "../brand.ts";

/**
 * First step that is not before a point of training.
 *
 * A point that misses a whole step by no more than rounding is that step:
 * `0.07 · 100` is step 7, not the first step after 7.000000000000001.
 *
 * @param point A point `≥ 0` counted in steps.
 */
export function firstStepFrom(point: number): number {
  const nearest = Math.round(point);
  return Math.abs(point - nearest) <= 1e-12 * nearest
    ? nearest
    : Math.ceil(point);
}

/**
 * Effect of the warm-up on a layer.
 *
 * - `perLayer`: the layer ramps to its own initial rate, and its freeze time is a
 *   part of the whole run.
 * - `shared`: all layers ramp to the common rate, then jump to their own, and the
 *   freeze time is a part of what follows the warm-up.
 */
export type WarmupMode = "perLayer" | "shared";

/** Length of a run. */
export interface TrainingSpan {
  /** Optimizer steps of the run, `T ≥ 1`. */
  readonly totalSteps: number;
  /** Steps of the warm-up among them, `0 ≤ W < T`. */
  readonly warmupSteps: number;
}

/**
 * Steps between the end of the warm-up and the step at which a layer freezes:
 * `t_i·T − W` in mode `perLayer`, `t_i·(T − W)` in mode `shared`.
 *
 * @param mode Kind of warm-up.
 * @param span Length of the run.
 * @returns A function from a freeze time to a number of steps, not rounded; in
 * mode `perLayer` it is positive only if the layer freezes after the warm-up.
 *
 * @example Ten of a hundred steps are warm-up
 * ```ts
 * import { type FreezeTime } from "@vitfreeze/vitfreeze";
 * import { annealSteps } from "./annealing.ts";
 * import { strictEqual } from "node:assert/strict";
 *
 * const span = { totalSteps: 100, warmupSteps: 10 };
 * strictEqual(annealSteps("perLayer", span)(0.5 as FreezeTime), 40);
 * strictEqual(annealSteps("shared", span)(0.5 as FreezeTime), 45);
 * ```
 */
export function annealSteps(
  mode: WarmupMode,
  { totalSteps, warmupSteps }: TrainingSpan,
): (freezeTime: FreezeTime) => number {
  switch (mode) {
    case "perLayer":
      return (freezeTime) => freezeTime * totalSteps - warmupSteps;
    case "shared":
      return (freezeTime) => (totalSteps - warmupSteps) * freezeTime;
  }
}

/**
 * First step at which a layer is frozen.
 *
 * @param mode Kind of warm-up.
 * @param span Length of the run.
 * @returns A function from a freeze time to a step, `totalSteps` for the time 1.
 *
 * @example In mode `shared` a layer freezes later
 * ```ts
 * import { type FreezeTime } from "@vitfreeze/vitfreeze";
 * import { freezeStepAt } from "./annealing.ts";
 * import { strictEqual } from "node:assert/strict";
 *
 * const span = { totalSteps: 100, warmupSteps: 10 };
 * strictEqual(freezeStepAt("perLayer", span)(0.5 as FreezeTime), 50);
 * strictEqual(freezeStepAt("shared", span)(0.5 as FreezeTime), 55);
 * ```
 */
export function freezeStepAt(
  mode: WarmupMode,
  { totalSteps, warmupSteps }: TrainingSpan,
): (freezeTime: FreezeTime) => number {
  switch (mode) {
    case "perLayer":
      return (freezeTime) => firstStepFrom(freezeTime * totalSteps);
    case "shared":
      return (freezeTime) =>
        warmupSteps + firstStepFrom((totalSteps - warmupSteps) * freezeTime);
  }
}

/**
 * Time at which a layer that is frozen from a step on freezes, in few digits: it can be
 * typed, and {@link freezeStepAt} gives the step back.
 *
 * @param mode Kind of warm-up.
 * @param span Length of the run.
 * @returns A function from a step after the warm-up, `totalSteps` at most, to a time in
 * `(0, 1]`, rounded down.
 *
 * @example A third of a run
 * ```ts
 * import { freezeStepAt, freezeTimeAt } from "./annealing.ts";
 * import { strictEqual } from "node:assert/strict";
 *
 * const span = { totalSteps: 300, warmupSteps: 10 };
 * const time = freezeTimeAt("perLayer", span)(100);
 * strictEqual(time, 0.3333);
 * strictEqual(freezeStepAt("perLayer", span)(time), 100);
 * ```
 */
export function freezeTimeAt(
  mode: WarmupMode,
  { totalSteps, warmupSteps }: TrainingSpan,
): (step: number) => FreezeTime {
  const before = mode === "perLayer" ? 0 : warmupSteps;
  const steps = totalSteps - before;
  // A tenth of a step is lost at most, so that the next whole one is the same.
  const unit = 10 ** (1 + Math.ceil(Math.log10(steps)));
  return (step) =>
    Math.floor((step - before) / steps * unit) / unit as FreezeTime;
}
