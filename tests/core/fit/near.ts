/** True if two numbers are the same but for rounding. */
export const near = (a: number, b: number): boolean =>
  Math.abs(a - b) <= 1e-9 * Math.abs(b);
