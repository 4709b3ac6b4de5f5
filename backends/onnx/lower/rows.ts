/** Picking rows by index as ONNX. */
import { type Signature, sizeOf } from "../../../core/mod.ts";
import { reshaped } from "./layout.ts";
import {
  int,
  type Lowerings,
  type OnnxWriter,
  type Value,
  word,
} from "./onnx_writer.ts";

/**
 * Samples laid one behind the other: row `index[b, m]` of sample `b` becomes row
 * `b·rows + index[b, m]` of all, `[B·M]`.
 */
function flatIndex(
  w: OnnxWriter,
  index: Value,
  signature: Signature | undefined,
  rows: number,
): Value {
  const [samples = 0, picks = 0] = signature?.shape ?? [];
  const starts = Array.from({ length: samples }, (_, b) => b * rows);
  const moved = w.call("Add", [index, w.int32s(starts, [samples, 1])]);
  return reshaped(w, moved, [samples * picks]);
}

const gathered = (
  w: OnnxWriter,
  node: Signature,
  [x = "", index = ""]: readonly Value[],
  [from, picks]: readonly Signature[],
): Value => {
  const [samples = 0, rows = 0, ...row] = from?.shape ?? [];
  const table = reshaped(w, x, [samples * rows, sizeOf(row)]);
  const flat = flatIndex(w, index, picks, rows);
  return reshaped(
    w,
    w.call("Gather", [table, flat], { axis: int(0) }),
    node.shape,
  );
};

/** Lowerings of ops that pick rows. */
export const rowLowerings: Lowerings<
  "gatherRows" | "scatterRows" | "permuteRows"
> = {
  gatherRows: gathered,
  permuteRows: gathered,
  scatterRows: (w, { attributes: { rows }, shape }, [y = "", index = ""], [
    from,
    picks,
  ]) => {
    const [samples = 0, count = 0, ...row] = from?.shape ?? [];
    const width = sizeOf(row);
    const zeros = w.call("Expand", [
      w.scalar(0),
      w.int64s([samples * rows, width]),
    ]);
    const flat = reshaped(w, flatIndex(w, index, picks, rows), [
      samples * count,
      1,
    ]);
    const wide = w.call("Cast", [flat], { to: int(7) });
    const updates = reshaped(w, y, [samples * count, width]);
    const sums = w.call("ScatterND", [zeros, wide, updates], {
      reduction: word("add"),
    });
    return reshaped(w, sums, shape);
  },
};
