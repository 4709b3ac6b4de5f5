/** Ops that move numbers, and their sums, as ONNX. */
import { type Shape, sizeOf } from "../../../core/mod.ts";
import {
  int,
  ints,
  type Lowerings,
  type OnnxWriter,
  type Value,
} from "./onnx_writer.ts";

type LayoutOp =
  | "reshape"
  | "transpose"
  | "slice"
  | "pad"
  | "concat"
  | "broadcastTo"
  | "sumTo"
  | "sumOfSquares";

/** The same numbers with other extents; an extent of 0 means 0, not "as before". */
export function reshaped(w: OnnxWriter, x: Value, shape: Shape): Value {
  return w.call("Reshape", [x, w.int64s(shape)], { allowzero: int(1) });
}

/** Entries `start … start + size − 1` of one axis. */
export function sliced(
  w: OnnxWriter,
  x: Value,
  axis: number,
  start: number,
  size: number,
): Value {
  const [from, to, axes] = [[start], [start + size], [axis]];
  return w.call("Slice", [x, w.int64s(from), w.int64s(to), w.int64s(axes)]);
}

/** Runs of axes that stay side by side under a permutation, in the order of the result. */
export function movedRuns(
  permutation: readonly number[],
): readonly (readonly number[])[] {
  const runs: number[][] = [];
  for (const axis of permutation) {
    const last = runs.at(-1);
    if (last?.at(-1) === axis - 1) last.push(axis);
    else runs.push([axis]);
  }
  return runs;
}

/** Output axis `i` is input axis `permutation[i]`. Axes that stay together move as one, which is faster. */
export function transposed(
  w: OnnxWriter,
  x: Value,
  shape: Shape,
  permutation: readonly number[],
): Value {
  const runs = movedRuns(permutation);
  if (runs.length === permutation.length) {
    return w.call("Transpose", [x], { perm: ints(permutation) });
  }
  const inOrder = runs.toSorted(([a = 0], [b = 0]) => a - b);
  const joined = inOrder.map((run) =>
    sizeOf(run.map((axis) => shape[axis] ?? 0))
  );
  const moved = w.call("Transpose", [reshaped(w, x, joined)], {
    perm: ints(runs.map((run) => inOrder.indexOf(run))),
  });
  return reshaped(w, moved, permutation.map((axis) => shape[axis] ?? 0));
}

/**
 * The axes that are summed, in the order in which to sum them. One at a time: the
 * engine is slow where summed axes lie apart, and a sum of sums rounds less than a
 * long one. Axes side by side begin with the inner one, whose rows are short;
 * otherwise outer axes go first and leave less for the inner ones.
 */
export function summedAxes(from: Shape, to: Shape): readonly number[] {
  const missing = from.length - to.length;
  const runs: number[][] = [];
  from.forEach((extent, axis) => {
    const kept = axis >= missing && to[axis - missing] === extent;
    if (kept || extent === 1) return;
    const last = runs.at(-1);
    if (last?.[0] === axis - 1) last.unshift(axis);
    else runs.push([axis]);
  });
  return runs.flat();
}

/** Sums from one shape to another that broadcasts to it. */
export function summed(
  w: OnnxWriter,
  x: Value,
  from: Shape,
  to: Shape,
  first: "ReduceSum" | "ReduceSumSquare" = "ReduceSum",
): Value {
  const missing = from.length - to.length;
  const axes = summedAxes(from, to);
  const sum = axes.reduce((rest, axis, i) => {
    const isKept = axis >= missing;
    // Axes before this one that were summed away are no longer counted.
    const gone = axes.slice(0, i).filter((a) => a < Math.min(axis, missing));
    const reduce = i === 0 ? first : "ReduceSum";
    return w.call(reduce, [rest, w.int64s([axis - gone.length])], {
      keepdims: int(+isKept),
    });
  }, x);
  const gone = axes.filter((axis) => axis < missing).length;
  return gone === missing ? sum : reshaped(w, sum, to);
}

/** Lowerings of ops that move numbers, and of their sums. */
export const layoutLowerings: Lowerings<LayoutOp> = {
  reshape: (w, { shape }, [x = ""]) => reshaped(w, x, shape),
  transpose: (w, { attributes: { permutation } }, [x = ""], [from]) =>
    transposed(w, x, from?.shape ?? [], permutation),
  slice: (w, { attributes: { axis, start, size } }, [x = ""]) =>
    sliced(w, x, axis, start, size),
  pad: (w, { attributes: { axis, before, after } }, [x = ""]) =>
    w.call("Pad", [x, w.int64s([before, after]), "", w.int64s([axis])]),
  concat: (w, { attributes: { axis } }, inputs) =>
    w.call("Concat", inputs, { axis: int(axis) }),
  broadcastTo: (w, { shape }, [x = ""]) =>
    w.call("Expand", [x, w.int64s(shape)]),
  sumOfSquares: (w, { shape }, [x = ""], [from]) => {
    const extents = from?.shape ?? [];
    const isSum = summedAxes(extents, shape).length > 0;
    return isSum
      ? summed(w, x, extents, shape, "ReduceSumSquare")
      : summed(w, w.call("Mul", [x, x]), extents, shape);
  },
  sumTo: (w, { shape }, [x = ""], [from]) =>
    summed(w, x, from?.shape ?? [], shape),
};
