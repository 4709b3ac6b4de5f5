/**
 * GELU and its slope in WGSL.
 *
 * @module
 */

/**
 * The normal distribution in float32. `erf` follows Abramowitz and Stegun 1964,
 * 7.1.26, to 1.5e-7; beyond `|x| = 6` nothing is left of the tails, and the
 * exponential would leave the range of float32 for infinite arguments.
 */
export const NORMAL_DISTRIBUTION = `
fn normalCdf(x : f32) -> f32 {
  let z = min(abs(x) * 0.70710678, 4.3);
  let t = 1.0 / (1.0 + 0.3275911 * z);
  let series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t
    - 0.284496736) * t + 0.254829592) * t;
  let tail = 0.5 * series * exp(-z * z);
  return select(tail, 1.0 - tail, x >= 0.0);
}
fn normalPdf(x : f32) -> f32 {
  return 0.39894228 * exp(-0.5 * x * x);
}`;

/** `x·Φ(x)` of `v0`. */
export const GELU = "v0 * normalCdf(v0)";

/** Slope of GELU at `v1` times `v0`. */
export const GELU_GRAD = "v0 * (normalCdf(v1) + v1 * normalPdf(v1))";
