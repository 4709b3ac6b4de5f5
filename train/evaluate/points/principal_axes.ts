/** Principal axes of points: the directions in which they spread most. */
import {
  type Fault,
  type Faults,
  left,
  type Result,
  right,
} from "../../../core/mod.ts";
import {
  addTo,
  columnsOf,
  dot,
  gramOf,
  largestOf,
  orthonormalize,
  type Rows,
} from "./largest_eigenvectors.ts";
import type { Points } from "./nearest_points.ts";

/** Directions in which points spread most. */
export interface PrincipalAxes {
  /** Mean of the points, `[width]`. */
  readonly mean: Float64Array;
  /**
   * Unit vectors at right angles, `[count, width]`, that of the largest variance first.
   * Of each the largest number in size is positive.
   */
  readonly axes: Float64Array;
  /** Variance of the points along each axis, `[count]`, by `1/n`. */
  readonly variances: Float64Array;
  /** Sum of the variances along all axes that there are. */
  readonly totalVariance: number;
}

/** Turns a vector so that its largest number in size is positive; of equal ones the first. */
function withSign(vector: Float64Array): Float64Array {
  let most = 0;
  for (const value of vector) {
    // What rounding makes larger is not.
    if (Math.abs(value) > Math.abs(most) * (1 + 1e-9)) most = value;
  }
  return most < 0 ? vector.map((value) => -value) : vector;
}

function faultsOf(
  { features, width }: Points,
  count: number,
): Faults | null {
  const points = features.length / width;
  const fault = (path: string, found: unknown, wanted: string): Fault => ({
    _tag: "Inconsistent",
    ...{ path, found, wanted },
  });
  if (!(points >= 1)) return [fault("points", points, "at least one")];
  if (!(Number.isInteger(count) && count >= 1 && count <= width)) {
    return [fault("count", count, `a whole number from 1 to ${width}`)];
  }
  return features.every(Number.isFinite)
    ? null
    : [fault("features", "a number that is not finite", "finite numbers")];
}

/** Unit vectors at right angles to some, in place of those that are 0. */
function completed(axes: Rows, width: number): void {
  for (const [i, axis] of axes.entries()) {
    for (let d = 0; d < width && dot(axis, axis) < 0.5; d++) {
      axis.fill(0);
      axis[d] = 1;
      orthonormalize(axes.slice(0, i + 1));
    }
  }
}

/**
 * Principal component analysis: the directions in which points spread most.
 *
 * @param points Points `[n, width]`, at least one, of finite numbers.
 * @param count Axes, from 1 to the width. Where the points spread in fewer directions the
 * others have variance 0.
 * @returns Axes and variances, the same ones each time; or the faults of the input.
 * @see Jolliffe, Principal Component Analysis, 2002, chapter 2.
 *
 * @example Points on a line
 * ```ts
 * import { orThrow } from "@vitfreeze/vitfreeze";
 * import { principalAxes } from "@vitfreeze/vitfreeze/evaluate";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const points = { features: Float32Array.of(0, 0, 3, 4, 6, 8), width: 2 };
 * const { axes, mean } = orThrow(principalAxes(points, 1));
 * deepStrictEqual([...mean], [3, 4]);
 * deepStrictEqual([...axes].map((x) => x.toFixed(3)), ["0.600", "0.800"]);
 * ```
 */
export function principalAxes(
  points: Points,
  count: number,
): Result<Faults, PrincipalAxes> {
  const faults = faultsOf(points, count);
  if (faults !== null) return left(faults);
  const { features, width } = points;
  const n = features.length / width;
  const mean = new Float64Array(width);
  features.forEach((value, i) => mean[i % width]! += value / n);
  const centred = Array.from(
    { length: n },
    (_, i) => Float64Array.from(mean, (m, d) => features[i * width + d]! - m),
  );
  // Of both products the smaller one has the same values.
  const isWide = n < width;
  const gram = gramOf(isWide ? centred : columnsOf(centred, width));
  const wanted = Math.min(count, gram.size);
  const { values, vectors } = largestOf(gram, wanted);
  const axes = Array.from({ length: count }, (_, k) => {
    const vector = vectors[k] ?? new Float64Array(gram.size);
    if (!isWide) return k < wanted ? vector : new Float64Array(width);
    const axis = new Float64Array(width);
    centred.forEach((row, i) => addTo(axis, vector[i] ?? 0, row));
    return (values[k] ?? 0) > 1e-12 * (values[0] ?? 0)
      ? axis
      : new Float64Array(width);
  });
  orthonormalize(axes);
  completed(axes, width);
  let total = 0;
  for (let i = 0; i < gram.size; i++) {
    total += gram.values[i * (gram.size + 1)]!;
  }
  return right({
    mean,
    axes: Float64Array.from(axes.flatMap((axis) => [...withSign(axis)])),
    variances: Float64Array.from(
      { length: count },
      (_, k) => Math.max(0, values[k] ?? 0) / n,
    ),
    totalVariance: total / n,
  });
}

/**
 * Places of points on principal axes.
 *
 * @param axes The axes.
 * @param points Points of the same width, which need not be those of the axes.
 * @returns `[n, axes]`, row-major.
 */
export function placesOn(
  { axes, mean }: PrincipalAxes,
  { features, width }: Points,
): Float64Array {
  const count = axes.length / width;
  const places = new Float64Array(features.length / width * count);
  for (let at = 0; at < places.length; at++) {
    const [row, axis] = [Math.floor(at / count), at % count];
    for (let d = 0; d < width; d++) {
      places[at]! += (features[row * width + d]! - mean[d]!) *
        axes[axis * width + d]!;
    }
  }
  return places;
}
