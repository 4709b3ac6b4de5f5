/** Walking over tensors that do not lie row by row: broadcast, permuted, summed. */
import { type Shape, sizeOf } from "../../../core/mod.ts";
import { padRank, stridesOf } from "../../../core/graph/shape.ts";
import type { Numbers } from "../device.ts";

/**
 * A nest of loops over a row-major tensor and one or more others; the last loop
 * is the innermost.
 */
export interface LoopNest {
  /** Turns of each loop. */
  readonly extents: readonly number[];
  /** For each other tensor, its step in each loop. */
  readonly strides: readonly (readonly number[])[];
}

/** Steps in a tensor of shape `from` while walking over `to`, to which it broadcasts. */
export function broadcastStrides(from: Shape, to: Shape): readonly number[] {
  const padded = padRank(from, to.length);
  return stridesOf(padded).map((stride, i) => padded[i] === 1 ? 0 : stride);
}

/**
 * Loops over `shape` with as few and as long loops as possible: axes that all
 * tensors cross in one even stride become one.
 */
export function loopNest(
  shape: Shape,
  strides: readonly (readonly number[])[],
): LoopNest {
  const extents: number[] = [];
  const steps: number[][] = strides.map(() => []);
  shape.forEach((extent, axis) => {
    if (extent === 1) return;
    const last = extents.length - 1;
    const joins = last >= 0 &&
      strides.every((stride, t) =>
        steps[t]?.[last] === (stride[axis] ?? 0) * extent
      );
    if (joins) extents[last] = (extents[last] ?? 1) * extent;
    else extents.push(extent);
    const position = joins ? last : last + 1;
    strides.forEach((stride, t) => steps[t]![position] = stride[axis] ?? 0);
  });
  return extents.length === 0
    ? { extents: [1], strides: strides.map(() => [0]) }
    : { extents, strides: steps };
}

/** Calls `row` for each turn of all loops but the innermost, with the positions in each tensor. */
export function forEachRow(
  { extents, strides: [first = [], second = first] }: LoopNest,
  row: (position: number, a: number, b: number) => void,
): void {
  const outer = extents.length - 1;
  const inner = extents[outer] ?? 1;
  const turns = new Int32Array(outer);
  const rows = sizeOf(extents.slice(0, outer));
  for (let r = 0, a = 0, b = 0; r < rows; r++) {
    row(r * inner, a, b);
    for (let axis = outer - 1; axis >= 0; axis--) {
      const extent = extents[axis]!;
      a += first[axis]!;
      b += second[axis]!;
      if (++turns[axis]! < extent) break;
      turns[axis] = 0;
      a -= extent * first[axis]!;
      b -= extent * second[axis]!;
    }
  }
}

/** Innermost extent of a nest and each tensor's step in it. */
export function innerLoop(
  { extents, strides }: LoopNest,
): readonly [count: number, ...steps: number[]] {
  return [extents.at(-1) ?? 1, ...strides.map((stride) => stride.at(-1) ?? 0)];
}

/** Columns that are read together: they lie on one cache line. */
const STRIP = 4;

/** Writes `STRIP` columns, the first of which begins at `from`, as rows. */
function transposeStrip(
  out: Numbers,
  x: Numbers,
  to: number,
  from: number,
  rows: number,
  columns: number,
): void {
  const [second, third, fourth] = [to + rows, to + 2 * rows, to + 3 * rows];
  for (let i = 0, at = from; i < rows; i++, at += columns) {
    out[to + i] = x[at]!;
    out[second + i] = x[at + 1]!;
    out[third + i] = x[at + 2]!;
    out[fourth + i] = x[at + 3]!;
  }
}

/** `out[j, i] = x[i, j]` for one matrix `[rows, columns]` at `start`. */
export function transposeMatrix(
  out: Numbers,
  x: Numbers,
  start: number,
  rows: number,
  columns: number,
): void {
  let j = 0;
  for (; j + STRIP <= columns; j += STRIP) {
    transposeStrip(out, x, start + j * rows, start + j, rows, columns);
  }
  for (; j < columns; j++) {
    const to = start + j * rows;
    for (let i = 0; i < rows; i++) out[to + i] = x[start + i * columns + j]!;
  }
}
