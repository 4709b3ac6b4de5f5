/** The error function in float64. */

/**
 * `erf(x) = 2/√π · ∫₀ˣ e^(−t²) dt`, to 5e-15.
 *
 * Sums the series `2/√π · e^(−x²) · Σ 2ⁿ·x^(2n+1)/(2n+1)!!`, whose terms all have
 * one sign, so nothing cancels; beyond `|x| = 6` the result is ±1 in float64.
 *
 * @returns A value in `[−1, 1]`; `NaN` for `NaN`.
 * @see Abramowitz and Stegun 1964, 7.1.6.
 */
export function erf(x: number): number {
  if (Math.abs(x) >= 6) return Math.sign(x);
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= 2 * square / (2 * n + 1);
    sum += term;
  }
  const value = 2 / Math.sqrt(Math.PI) * Math.exp(-square) * sum;
  return Math.max(-1, Math.min(1, value));
}
