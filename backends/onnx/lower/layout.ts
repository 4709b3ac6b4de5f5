/**
 * Ops that move numbers, and their sums, as ONNX.
 *
 * @module
 */
import type { Shape } from "../../../core/mod.ts";
import type { Lowerings } from "./lowering.ts";
import { int, ints, type OnnxWriter, type Value } from "./onnx_writer.ts";

type LayoutOp =
  | "reshape"
  | "transpose"
  | "slice"
  | "pad"
  | "concat"
  | "broadcastTo"
  | "sumTo";

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

/**
 * Axes that are summed, those that lie side by side together: the engine is fast
 * where the summed axes are one run, and slow where they are several.
 */
export function summedRuns(
  from: Shape,
  to: Shape,
): readonly (readonly number[])[] {
  const missing = from.length - to.length;
  const runs: number[][] = [];
  from.forEach((extent, axis) => {
    if (axis >= missing && to[axis - missing] === extent) return;
    const last = runs.at(-1);
    if (last?.at(-1) === axis - 1) last.push(axis);
    else runs.push([axis]);
  });
  return runs;
}

/**
 * Sums from one shape to another that broadcasts to it. Outer runs go first: they
 * add long rows, and leave less for the inner ones.
 */
export function summed(
  w: OnnxWriter,
  x: Value,
  from: Shape,
  to: Shape,
): Value {
  const sum = summedRuns(from, to).reduce(
    (rest, axes) => w.call("ReduceSum", [rest, w.int64s(axes)]),
    x,
  );
  return from.length === to.length ? sum : reshaped(w, sum, to);
}

/** Lowerings of ops that move numbers, and of their sums. */
export const layoutLowerings: Lowerings<LayoutOp> = {
  reshape: (w, { shape }, [x = ""]) => reshaped(w, x, shape),
  transpose: (w, { attributes: { permutation } }, [x = ""]) =>
    w.call("Transpose", [x], { perm: ints(permutation) }),
  slice: (w, { attributes: { axis, start, size } }, [x = ""]) =>
    sliced(w, x, axis, start, size),
  pad: (w, { attributes: { axis, before, after } }, [x = ""]) =>
    w.call("Pad", [x, w.int64s([before, after]), "", w.int64s([axis])]),
  concat: (w, { attributes: { axis } }, inputs) =>
    w.call("Concat", inputs, { axis: int(axis) }),
  broadcastTo: (w, { shape }, [x = ""]) =>
    w.call("Expand", [x, w.int64s(shape)]),
  sumTo: (w, { shape }, [x = ""], [from]) =>
    summed(w, x, from?.shape ?? [], shape),
};
