/**
 * Draws from the beta distribution.
 *
 * @module
 */
import { type Key, normals, split, uniforms } from "./random.ts";

/**
 * One draw from the gamma distribution of shape `a ≥ 1` and scale 1. Each attempt
 * has a key of its own; about one in twenty is rejected.
 *
 * @see Marsaglia and Tsang, A Simple Method for Generating Gamma Variables, 2000.
 */
function gammaFromOne(key: Key, a: number): number {
  const d = a - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let attempt = 0;; attempt++) {
    const own = split(key, attempt);
    const [x = 0] = normals(split(own, "normal"), 1);
    const [u = 0] = uniforms(split(own, "uniform"), 1);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - u) < 0.5 * x * x + d * (1 - v + Math.log(v))) {
      return d * v;
    }
  }
}

/** One draw from the gamma distribution of any shape `a > 0`; below 1 by a power of a uniform number. */
function gamma(key: Key, a: number): number {
  if (a >= 1) return gammaFromOne(key, a);
  const [u = 0] = uniforms(split(key, "power"), 1);
  return gammaFromOne(key, a + 1) * (1 - u) ** (1 / a);
}

/**
 * One number from the beta distribution `Beta(a, b)`.
 *
 * @param key Where it comes from.
 * @param a First shape, `> 0`.
 * @param b Second shape, `> 0`.
 * @returns A number in `[0, 1]` with mean `a / (a + b)`.
 */
export function betaDraw(key: Key, a: number, b: number): number {
  const x = gamma(split(key, "a"), a);
  const y = gamma(split(key, "b"), b);
  return x + y > 0 ? x / (x + y) : 0.5;
}
