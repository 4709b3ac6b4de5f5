/** Freeze times of layers. */
import type { FreezeTime } from "../brand.ts";

/** Scale that bends freeze times: early layers freeze earlier, the later the power the more so. */
export type FreezeScale = "linear" | "squared" | "cubic";

/** Freeze times by a rule, or one by one. */
export interface FreezeTimes {
  /** Time at which the first layer freezes **before** scaling, in `(0, 1]`; 1 never freezes anything. */
  readonly t0: number;
  /** Scale that bends freeze times. */
  readonly scale: FreezeScale;
  /**
   * Freeze times of the layers in place of the rule, shallow to deep: parts of the run in
   * `(0, 1]` that do not fall, the last of them 1. Then `t0` is the first and the scale
   * `linear`.
   */
  readonly times?: readonly number[];
}

/** Freeze times that are listed. */
export const listedTimes = (times: readonly number[]): FreezeTimes => ({
  t0: times[0] ?? 1,
  scale: "linear",
  times,
});

/** The same freezing with another `t0`, by the rule. */
export function withT0<Freeze extends FreezeTimes>(
  { times: _, ...freeze }: Freeze,
  t0: number,
): Freeze {
  return { ...freeze, t0 } as Freeze;
}

/** Freeze times in a few words, for example `cubic t0 0.8`. */
export const describeFreezeTimes = (
  { t0, scale, times }: FreezeTimes,
): string =>
  times === undefined
    ? `${scale} t0 ${Number(t0.toPrecision(6))}`
    : `freeze times ${times.map((t) => Number(t.toPrecision(4))).join(", ")}`;

/** Exponent of each scale. */
export const FREEZE_EXPONENTS: Readonly<Record<FreezeScale, 1 | 2 | 3>> = {
  linear: 1,
  squared: 2,
  cubic: 3,
};

/**
 * Bends a part of training by a scale: `x`, `x²` or `x³`.
 *
 * Computed by multiplication, which every machine rounds alike, so a plan made
 * on one freezes at the same steps on another.
 *
 * @param scale Scaling of the freeze times.
 * @returns A rising function from `[0, 1]` onto `[0, 1]`.
 */
export function scaled(scale: FreezeScale): (x: number) => number {
  switch (scale) {
    case "linear":
      return (x) => x;
    case "squared":
      return (x) => x * x;
    case "cubic":
      return (x) => x * x * x;
  }
}

/**
 * Moments at which layers freeze, shallow to deep: those that are listed, or by
 * FreezeOut's rule.
 *
 * `t_i = scale(t0 + (1 − t0)·i/N)` with `N` the index of the last layer. The
 * first layer freezes at `scale(t0)`, the last at 1, which is never; with
 * `t0 = 1`, or a single layer, nothing freezes.
 *
 * Total: never throws.
 *
 * @param freeze The rule, or the list.
 * @param layers Number of layers, at least 1; that of the list where there is one.
 * @returns Parts of training in `(0, 1]`, which do not fall with depth.
 *
 * @see Brock et al., FreezeOut: Accelerate Training by Progressively Freezing
 * Layers, 2017: {@link https://arxiv.org/abs/1706.04983}
 *
 * @example The first layer of a cubic schedule with t0 = 0.5 stops after an eighth
 * ```ts
 * import { freezeTimes } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * deepStrictEqual(freezeTimes({ t0: 0.5, scale: "cubic" }, 3), [0.125, 0.421875, 1]);
 * ```
 */
export function freezeTimes(
  freeze: FreezeTimes,
  layers: number,
): readonly FreezeTime[] {
  const { t0, times } = freeze;
  if (times !== undefined) return times as readonly FreezeTime[];
  const bend = scaled(freeze.scale);
  const last = layers - 1;
  return Array.from(
    { length: layers },
    (_, i) => (i === last ? 1 : bend(t0 + (1 - t0) * i / last)) as FreezeTime,
  );
}
