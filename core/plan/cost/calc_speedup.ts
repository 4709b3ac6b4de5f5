/** FreezeOut's own estimate of what freezing saves. */
import { type FreezeTimes, scaled } from "../../schedule/freeze_time.ts";

/** FreezeOut multiplies its estimate by this for linear schedules, for a better fit to its measurements. */
const LINEAR_CORRECTION = 1.3;

/**
 * FreezeOut's estimate of the saved part of the time (`calc_speedup`).
 *
 * `1 − (Σc + Σ cᵢ·tᵢ) / 2Σc` with `tᵢ = scale(t0 + (1 − t0)·i/n)`, times 1.3 for
 * linear schedules. It takes a backward pass to cost as much as a forward pass,
 * lets even the last of the `n` layers freeze before the end, and knows neither
 * decoders nor activations; `predictedSaving` counts what is really computed.
 *
 * @param costs Forward cost `cᵢ > 0` of each layer, shallow to deep, in any unit.
 * @param freeze `t0 ∈ (0, 1]` before scaling, and the scale.
 * @returns A part of the time, in `[0, 0.65)`.
 *
 * @see Brock et al., FreezeOut, 2017: {@link https://arxiv.org/abs/1706.04983}
 *
 * @example Ten layers of equal cost
 * ```ts
 * import { calcSpeedup } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const saved = calcSpeedup(Array(10).fill(1), { t0: 0.8, scale: "cubic" });
 *
 * strictEqual(saved.toFixed(4), "0.1431");
 * ```
 */
export function calcSpeedup(
  costs: readonly number[],
  { t0, scale, times }: FreezeTimes,
): number {
  const bend = scaled(scale);
  const timeOf = (i: number): number =>
    times?.[i] ?? bend(t0 + (1 - t0) * i / costs.length);
  const forward = costs.reduce((sum, cost) => sum + cost, 0);
  const backward = costs.reduce(
    (sum, cost, i) => sum + cost * timeOf(i),
    0,
  );
  const saved = 1 - (forward + backward) / (2 * forward);
  return scale === "linear" && times === undefined
    ? LINEAR_CORRECTION * saved
    : saved;
}
