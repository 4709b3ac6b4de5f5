/** Matrices of 8-bit integers. */

/** Whole numbers of 8 bits. */
export type Int8Values = Int8Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/**
 * Representation of the whole numbers from −127 to 127. Rows are rounded to bytes without a
 * sign on the way. With `signed` matrices, processors that multiply such pairs in one
 * instruction are fastest; older ones add two products in 16 bits and saturate there.
 * With `unsigned` ones, 128 stands for zero, and the products of both kinds are widened
 * before they are added.
 */
export type Int8Form = "signed" | "unsigned";

/** `value[k, n] = scales[n] · (values[k·columns + n] − zero)`, nearly the matrix that it was made from. */
export interface Int8Matrix {
  /** Extent of the sum in a product. */
  readonly rows: number;
  /** Extent of the result. */
  readonly columns: number;
  /** Row-major, at most 127 away from `zero`. */
  readonly values: Int8Values;
  /** The value that stands for zero. */
  readonly zero: number;
  /** Scale of each column. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** The largest whole number that is used; the range is the same on both sides of 0. */
const LARGEST = 127;
/** The smallest number with full precision; a column of zeros has this scale. */
const LEAST_SCALE = 2 ** -126;

/** The longest sum of a byte's products with such numbers that 32 bits hold. */
export const LONGEST_INT8_SUM: number = Math.floor(
  (2 ** 31 - 1) / (255 * LARGEST),
);

/**
 * Rounds a matrix to 8-bit integers, each of its outputs with a scale of its own.
 *
 * @param weight `[columns, rows]`, as PyTorch keeps the weight of a linear layer.
 * @param form Representation of the integers; the numbers that they stand for are the same.
 * @returns The transposed matrix; each number is off by at most half its scale.
 */
export function int8Matrix(
  weight: Float32Array,
  columns: number,
  rows: number,
  form: Int8Form = "signed",
): Int8Matrix {
  const [Values, zero] = form === "signed"
    ? [Int8Array, 0] as const
    : [Uint8Array, 128] as const;
  const values = new Values(rows * columns);
  const scales = new Float32Array(columns);
  for (let n = 0; n < columns; n++) {
    const from = weight.subarray(n * rows, (n + 1) * rows);
    const top = from.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    const scale = Math.fround(Math.max(top / LARGEST, LEAST_SCALE));
    scales[n] = scale;
    for (let k = 0; k < rows; k++) {
      values[k * columns + n] = Math.round(from[k]! / scale) + zero;
    }
  }
  return { rows, columns, values, zero, scales };
}
