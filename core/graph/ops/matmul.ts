/** Matrix products. */
import { left, type Result, right } from "../../result.ts";
import {
  type OpAttributes,
  type Shape,
  type Signature,
  sizeOf,
} from "../node.ts";
import type { OpDefinition, Values } from "../op_definition.ts";
import { sameShape } from "../shape.ts";

/** Extents of one product: `batch` times `[m, k]·[k, n]`. */
interface Extents {
  readonly lead: Shape;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** Extents of the product of two tensors, or `null` if they do not fit. */
function productExtents(
  { transposeA, transposeB }: OpAttributes["matmul"],
  a: Shape,
  b: Shape,
): Extents | null {
  const lead = a.slice(0, -2);
  const [rowsA, colsA] = a.slice(-2);
  const [rowsB, colsB] = b.slice(-2);
  if (
    rowsA === undefined || colsA === undefined || rowsB === undefined ||
    colsB === undefined
  ) {
    return null;
  }
  const [m, k] = transposeA ? [colsA, rowsA] : [rowsA, colsA];
  const [kb, n] = transposeB ? [colsB, rowsB] : [rowsB, colsB];
  return k === kb && sameShape(lead, b.slice(0, -2)) ? { lead, m, k, n } : null;
}

const infer = (
  attributes: OpAttributes["matmul"],
  inputs: readonly Signature[],
): Result<string, Signature> => {
  const [a, b] = inputs;
  const extents = a && b && inputs.length === 2 && a.dtype === "float32" &&
      b.dtype === "float32"
    ? productExtents(attributes, a.shape, b.shape)
    : null;
  return extents === null
    ? left(
      "two float32 tensors [..., m, k] and [..., k, n] with equal leading axes",
    )
    : right({
      shape: [...extents.lead, extents.m, extents.n],
      dtype: "float32",
    });
};

/** Adds `op(a)·op(b)` of one pair of matrices that start at the given offsets. */
function multiplyInto(
  out: Values,
  a: Values,
  b: Values,
  { m, k, n }: Extents,
  [at, bt]: readonly [boolean, boolean],
  batch: number,
): void {
  const [offsetA, offsetB, offsetC] = [
    batch * m * k,
    batch * k * n,
    batch * m * n,
  ];
  const [ai, ak] = at ? [1, m] : [k, 1];
  const [bk, bj] = bt ? [1, k] : [n, 1];
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++) {
      const x = a[offsetA + i * ai + l * ak] ?? NaN;
      for (let j = 0; j < n; j++) {
        const position = offsetC + i * n + j;
        out[position] = (out[position] ?? 0) +
          x * (b[offsetB + l * bk + j * bj] ?? NaN);
      }
    }
  }
}

/** Matrix products over the last two axes. */
export const matmul: OpDefinition<"matmul"> = {
  infer,
  evaluate: (node, [a, b], [sa, sb]) => {
    const out = new Float64Array(sizeOf(node.shape));
    const extents = productExtents(
      node.attributes,
      sa?.shape ?? [],
      sb?.shape ?? [],
    );
    if (extents === null || a === undefined || b === undefined) {
      return out.fill(NaN);
    }
    const { transposeA, transposeB } = node.attributes;
    for (let batch = 0; batch < sizeOf(extents.lead); batch++) {
      multiplyInto(out, a, b, extents, [transposeA, transposeB], batch);
    }
    return out;
  },
  vjp: (
    g,
    { attributes: { transposeA, transposeB }, inputs: [a = -1, b = -1] },
    dy,
  ) => [
    () =>
      transposeA
        ? g.matmul(b, dy, { transposeA: transposeB, transposeB: true })
        : g.matmul(dy, b, { transposeB: !transposeB }),
    () =>
      transposeB
        ? g.matmul(dy, a, { transposeA: true, transposeB: transposeA })
        : g.matmul(a, dy, { transposeA: !transposeA }),
  ],
  flops: ({ attributes, shape }, [a]) => {
    const k = a?.shape.at(attributes.transposeA ? -2 : -1) ?? 0;
    return 2 * sizeOf(shape) * k;
  },
};
