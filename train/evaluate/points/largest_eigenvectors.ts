/** Eigenvectors of the largest eigenvalues of a symmetric matrix. */

/** A matrix that is its own transpose, `[size, size]`. */
export interface Symmetric {
  readonly size: number;
  readonly values: Float64Array;
}

/** Vectors below each other, `[count, size]`. */
export type Rows = readonly Float64Array[];

/** Sum of the products of the numbers of two vectors. */
export const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** Adds a multiple of a vector to another. */
export function addTo(
  target: Float64Array,
  factor: number,
  vector: Float64Array,
) {
  for (let i = 0; i < target.length; i++) target[i]! += factor * vector[i]!;
}

/** Products of all pairs of rows. */
export function gramOf(rows: Rows): Symmetric {
  const { length: size } = rows;
  const values = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const product = dot(rows[i]!, rows[j]!);
      values[i * size + j] = product;
      values[j * size + i] = product;
    }
  }
  return { size, values };
}

/** The columns of a matrix as rows. */
export const columnsOf = (rows: Rows, width: number): Rows =>
  Array.from(
    { length: width },
    (_, d) => Float64Array.from(rows, (row) => row[d]!),
  );

const times = ({ size, values }: Symmetric, vector: Float64Array) =>
  Float64Array.from(
    { length: size },
    (_, i) => dot(values.subarray(i * size, (i + 1) * size), vector),
  );

/** Makes vectors unit vectors at right angles, in place; what depends on the ones before is 0. */
export function orthonormalize(vectors: Rows): void {
  for (const [i, vector] of vectors.entries()) {
    const before = Math.sqrt(dot(vector, vector));
    // Twice: once leaves what rounding does of vectors that are nearly the same.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors.slice(0, i)) {
        addTo(vector, -dot(vector, other), other);
      }
    }
    const length = Math.sqrt(dot(vector, vector));
    const scale = length > 1e-12 * before && length > 0 ? 1 / length : 0;
    for (let d = 0; d < vector.length; d++) vector[d]! *= scale;
  }
}

/** Sweeps of rotations after which a small matrix is diagonal to rounding. */
const SWEEPS = 30;

/** Rotates two rows and columns of a symmetric matrix so that their product becomes 0. */
function rotate(
  { size, values }: Symmetric,
  vectors: Float64Array,
  p: number,
  q: number,
): void {
  const off = values[p * size + q]!;
  if (off === 0) return;
  const theta = (values[q * size + q]! - values[p * size + p]!) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  const turn = (m: Float64Array, a: number, b: number): void => {
    const [x, y] = [m[a]!, m[b]!];
    m[a] = c * x - s * y;
    m[b] = s * x + c * y;
  };
  for (let k = 0; k < size; k++) turn(values, k * size + p, k * size + q);
  for (let k = 0; k < size; k++) turn(values, p * size + k, q * size + k);
  for (let k = 0; k < size; k++) turn(vectors, k * size + p, k * size + q);
}

/** Eigenvalues and, as columns, eigenvectors of a small symmetric matrix, by Jacobi's rotations. */
function eigenOf({ size, values: given }: Symmetric) {
  const matrix = { size, values: given.slice() };
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) rotate(matrix, vectors, p, q);
    }
  }
  const { values } = matrix;
  const order = Array.from({ length: size }, (_, i) => i).sort((a, b) =>
    values[b * size + b]! - values[a * size + a]!
  );
  return {
    values: order.map((i) => values[i * size + i]!),
    vectors: order.map((i) =>
      Float64Array.from({ length: size }, (_, k) => vectors[k * size + i]!)
    ),
  };
}

/** The best vectors within the span of some, and the values that belong to them. */
function bestWithin(matrix: Symmetric, basis: Rows) {
  const images = basis.map((vector) => times(matrix, vector));
  const size = basis.length;
  const values = new Float64Array(size * size);
  for (const [i, a] of basis.entries()) {
    for (const [j, b] of images.entries()) values[i * size + j] = dot(a, b);
  }
  const { values: found, vectors } = eigenOf({ size, values });
  const combined = (of: Rows) =>
    vectors.map((weights) => {
      const sum = new Float64Array(matrix.size);
      of.forEach((vector, k) => addTo(sum, weights[k]!, vector));
      return sum;
    });
  return { values: found, vectors: combined(basis), images: combined(images) };
}

/** First vectors: numbers without a pattern, the same ones each time. */
const firstVectors = (count: number, size: number): Rows =>
  Array.from(
    { length: count },
    (_, k) =>
      Float64Array.from({ length: size }, (_, i) => {
        const x = Math.sin(12.9898 * (i + 1) + 78.233 * (k + 1)) * 43758.5453;
        return x - Math.floor(x) - 0.5;
      }),
  );

/** Vectors beside the wanted ones, which make the search fast. */
const MORE = 8;

/** Steps of the search at most, and the change of values at which it ends. */
const MOST_STEPS = 500;
const SETTLED = 1e-13;

/**
 * Largest eigenvalues of a matrix without negative ones, and their vectors, by subspace
 * iteration with Rayleigh-Ritz steps.
 *
 * @param count Values wanted, from 1 to the size.
 * @returns At least so many of both, the largest value first; unit vectors at right angles.
 * @see Golub and Van Loan, Matrix Computations, 2013, section 8.2.
 */
export function largestOf(matrix: Symmetric, count: number) {
  const block = Math.min(matrix.size, count + MORE);
  let basis = firstVectors(block, matrix.size);
  orthonormalize(basis);
  let before: readonly number[] = [];
  for (let step = 0;; step++) {
    const best = bestWithin(matrix, basis);
    const [largest = 0] = best.values;
    const isSettled = best.values.slice(0, count).every((value, i) =>
      Math.abs(value - (before[i] ?? Infinity)) <= SETTLED * largest
    );
    if (isSettled || step === MOST_STEPS || block === matrix.size) {
      return { values: best.values, vectors: best.vectors };
    }
    before = best.values;
    basis = best.images;
    orthonormalize(basis);
  }
}
