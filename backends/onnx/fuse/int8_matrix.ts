/**
 * Matrices of 8-bit integers.
 *
 * @module
 */

/** `value[k, n] = scales[n] · values[k·columns + n]`, nearly the matrix that it was made from. */
export interface Int8Matrix {
  /** Extent of the sum in a product. */
  readonly rows: number;
  /** Extent of the result. */
  readonly columns: number;
  /** Whole numbers from −127 to 127, row-major. */
  readonly values: Int8Array<ArrayBuffer>;
  /** What a unit is worth in each column. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** The largest whole number that is used; the range is the same on both sides of 0. */
const LARGEST = 127;
/** The smallest number with full precision; a column of zeros has this scale. */
const LEAST_SCALE = 2 ** -126;

/**
 * Rounds a matrix to 8-bit integers, each of its outputs with a scale of its own.
 *
 * @param weight `[columns, rows]`, as PyTorch keeps the weight of a linear layer.
 * @param columns How many outputs.
 * @param rows How many inputs.
 * @returns The transposed matrix; each number is off by at most half its scale.
 */
export function int8Matrix(
  weight: Float32Array,
  columns: number,
  rows: number,
): Int8Matrix {
  const values = new Int8Array(rows * columns);
  const scales = new Float32Array(columns);
  for (let n = 0; n < columns; n++) {
    const from = weight.subarray(n * rows, (n + 1) * rows);
    const top = from.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    const scale = Math.fround(Math.max(top / LARGEST, LEAST_SCALE));
    scales[n] = scale;
    for (let k = 0; k < rows; k++) {
      values[k * columns + n] = Math.round(from[k]! / scale);
    }
  }
  return { rows, columns, values, scales };
}
