/** Real numbers as WGSL writes them. */

/**
 * A number of type `f32`, rounded to it.
 *
 * @throws If it is not finite: that has no form in WGSL.
 */
export function literal(value: number): string {
  const number = Math.fround(value);
  if (!Number.isFinite(number)) {
    throw new RangeError(`${value} has no form in WGSL`);
  }
  const text = String(number);
  return /[.e]/.test(text) ? `f32(${text})` : `${text}.0`;
}
