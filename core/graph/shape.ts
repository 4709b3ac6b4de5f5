/** Rules of shapes: equality, broadcasting, strides. */
import { type Shape, sizeOf } from "./node.ts";

/** True if two shapes have the same extents. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

/** True if every extent is a whole number of at least 0. */
export function isShape(extents: readonly number[]): boolean {
  return extents.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
}

/** Text of a shape, for example `[2, 3]`. */
export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Steps in a row-major array from one index of an axis to the next. */
export function stridesOf(shape: Shape): readonly number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** The shape with missing leading axes filled by 1 up to `rank`. */
export function padRank(shape: Shape, rank: number): Shape {
  return [...Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape];
}

/** True if `from` can be repeated into `to`. */
export function broadcastsTo(from: Shape, to: Shape): boolean {
  return from.length <= to.length &&
    padRank(from, to.length).every((extent, i) =>
      extent === 1 || extent === to[i]
    );
}

/** Shape of an element-wise result of two tensors, or `null` if they do not fit. */
export function broadcastShape(a: Shape, b: Shape): Shape | null {
  const rank = Math.max(a.length, b.length);
  const [x, y] = [padRank(a, rank), padRank(b, rank)];
  const shape = x.map((extent, i) => extent === 1 ? y[i] ?? 1 : extent);
  return broadcastsTo(a, shape) && broadcastsTo(b, shape) ? shape : null;
}

/**
 * For every position of a tensor of shape `to`, the position in the tensor of
 * shape `from` that `broadcastTo` reads.
 */
export function broadcastIndex(from: Shape, to: Shape): Int32Array {
  const source = padRank(from, to.length);
  const strides = stridesOf(source).map((stride, i) =>
    source[i] === 1 ? 0 : stride
  );
  return stridedIndex(to, strides);
}

/** For every position of a row-major tensor, `Σ index·stride`. */
export function stridedIndex(
  shape: Shape,
  strides: readonly number[],
): Int32Array {
  return shape.reduceRight<Int32Array>((inner, extent, axis) => {
    const out = new Int32Array(extent * inner.length);
    const stride = strides[axis] ?? 0;
    for (let k = 0; k < extent; k++) {
      for (let j = 0; j < inner.length; j++) {
        out[k * inner.length + j] = k * stride + (inner[j] ?? 0);
      }
    }
    return out;
  }, Int32Array.of(0));
}
