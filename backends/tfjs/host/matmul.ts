/** Host kernel of matrix products. */
import {
  type NodeOf,
  type Shape,
  type Signature,
  sizeOf,
} from "../../../core/mod.ts";
import type { Numbers } from "../device.ts";
import type { HostKernels } from "./host_kernel.ts";
import { transposeMatrix } from "./strided.ts";

/** Extents of `batch` products `[m, k]·[k, n]`. */
export interface ProductExtents {
  /** Count of products. */
  readonly batch: number;
  /** Rows of each. */
  readonly m: number;
  /** Terms of each sum. */
  readonly k: number;
  /** Columns of each. */
  readonly n: number;
}

/** Extents of the products of a node. */
export function productExtents(
  { shape, attributes: { transposeA } }: NodeOf<"matmul">,
  [a]: readonly Signature[],
): ProductExtents {
  const [m = 1, n = 1] = shape.slice(-2);
  const k = a?.shape.at(transposeA ? -2 : -1) ?? 1;
  return { batch: sizeOf(shape.slice(0, -2)), m, k, n };
}

/** Writes into `out` every matrix `[rows, columns]` of `x` transposed. */
export function transposeMatrices(
  out: Numbers,
  x: Numbers,
  [rows = 1, columns = 1]: Shape,
): void {
  for (let start = 0; start < x.length; start += rows * columns) {
    transposeMatrix(out, x, start, rows, columns);
  }
}

/** Columns of a product that are summed together: enough sums to hide the latency of one. */
const STRIP = 4;

/**
 * One row of a product, `STRIP` columns at a time. A function of its own, because
 * engines optimise what is called often better than what loops long.
 */
function multiplyRow(
  out: Numbers,
  a: Numbers,
  b: Numbers,
  k: number,
  n: number,
  toC: number,
  fromA: number,
  fromB: number,
): void {
  let j = 0;
  for (; j + STRIP <= n; j += STRIP) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (let l = 0, at = fromB + j; l < k; l++, at += n) {
      const x = a[fromA + l]!;
      s0 += x * b[at]!;
      s1 += x * b[at + 1]!;
      s2 += x * b[at + 2]!;
      s3 += x * b[at + 3]!;
    }
    out[toC + j] = s0;
    out[toC + j + 1] = s1;
    out[toC + j + 2] = s2;
    out[toC + j + 3] = s3;
  }
  for (; j < n; j++) {
    let sum = 0;
    for (let l = 0; l < k; l++) sum += a[fromA + l]! * b[fromB + l * n + j]!;
    out[toC + j] = sum;
  }
}

/**
 * `c = a·b` of straight matrices `[m, k]` and `[k, n]`.
 *
 * @param out Holds `c` from `toC` on.
 * @param a Holds `a` from `fromA` on.
 */
export function multiplyStraight(
  out: Numbers,
  toC: number,
  a: Numbers,
  fromA: number,
  b: Numbers,
  { m, k, n }: Omit<ProductExtents, "batch">,
): void {
  for (let row = 0; row < m; row++) {
    multiplyRow(out, a, b, k, n, toC + row * n, fromA + row * k, 0);
  }
}

/** Host kernel of matrix products; a transposed operand is copied into order first. */
export const matmulKernels: HostKernels<"matmul"> = {
  matmul: (node, signatures) => {
    const { transposeA, transposeB } = node.attributes;
    const { batch, m, k, n } = productExtents(node, signatures);
    const straight = (x: Numbers, transposed: boolean, shape: Shape) => {
      if (!transposed) return x;
      const copy = new Float32Array(x.length);
      transposeMatrices(copy, x, shape);
      return copy;
    };
    return (out, [x = out, y = out]) => {
      const a = straight(x, transposeA, [k, m]);
      const b = straight(y, transposeB, [n, k]);
      for (let i = 0, toC = 0, fromA = 0; i < batch; i++) {
        for (let row = 0; row < m; row++, toC += n, fromA += k) {
          multiplyRow(out, a, b, k, n, toC, fromA, i * k * n);
        }
      }
    };
  },
};
