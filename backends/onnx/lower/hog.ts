/**
 * Histograms of oriented gradients as ONNX.
 *
 * @module
 */
import { cellOverlaps, HOG_FLAT } from "../../../core/mod.ts";
import { reshaped } from "./layout.ts";
import type { Lowerings } from "./lowering.ts";
import {
  int,
  ints,
  type OnnxWriter,
  real,
  type Value,
  word,
} from "./onnx_writer.ts";

/** Gradient across and down, as differences of opposite neighbours. */
const SOBEL = [
  [1, 0, -1, 2, 0, -2, 1, 0, -1],
  [1, 2, 1, 0, 0, 0, -1, -2, -1],
].flat();

/** The largest float32 below `HOG_FLAT`: `Shrink` takes away what is no larger than its limit. */
const LIMIT = HOG_FLAT * (1 - 2 ** -24);

/** Sobel gradients `g0`, `g1` of planes `[N, 1, S, S]`, each of that shape. */
function gradients(
  w: OnnxWriter,
  planes: Value,
  side: number,
): readonly [g0: Value, g1: Value] {
  const framed = w.call("Pad", [planes, w.int64s([0, 0, 1, 1, 0, 0, 1, 1])], {
    // A side of one pixel has nothing to reflect.
    mode: word(side === 1 ? "edge" : "reflect"),
  });
  const both = w.call("Conv", [framed, w.floats(SOBEL, [2, 1, 3, 3])], {
    kernel_shape: ints([3, 3]),
  });
  const settled = w.call("Shrink", [both], { lambd: real(LIMIT) });
  const [g0 = "", g1 = ""] = w.callMany("Split", [settled], {
    axis: int(1),
    num_outputs: int(2),
  }, 2);
  return [g0, g1];
}

/**
 * The gradient or its opposite, whichever has an angle in `[0, π)`:
 * `g0 > 0`, or `g0 = 0` and `g1 ≥ 0`.
 */
function upward(
  w: OnnxWriter,
  [g0, g1]: readonly [Value, Value],
): readonly [g0: Value, g1: Value] {
  const sign = w.call("Sign", [g0]);
  const turned = w.call("Mul", [g1, sign]);
  const isLevel = w.call("Equal", [g0, w.scalar(0)]);
  return [
    w.call("Abs", [g0]),
    w.call("Where", [isLevel, w.call("Abs", [g1]), turned]),
  ];
}

/**
 * Which of the borders `k·π/nbins`, `0 < k < nbins`, an angle has reached:
 * `g0·cos φ − g1·sin φ ≥ 0`, as truth values `[N, nbins − 1, S, S]`.
 */
function reachedBorders(
  w: OnnxWriter,
  [g0, g1]: readonly [Value, Value],
  nbins: number,
): Value {
  const borders = Array.from(
    { length: nbins - 1 },
    (_, i) => (i + 1) * Math.PI / nbins,
  );
  const column = [nbins - 1, 1, 1];
  const left = w.call("Mul", [g0, w.floats(borders.map(Math.cos), column)]);
  const right = w.call("Mul", [g1, w.floats(borders.map(Math.sin), column)]);
  return w.call("GreaterOrEqual", [left, right]);
}

/** `[cells, pixels]`: the part of each pixel's side in each cell. */
function overlapMatrix(pixels: number, cells: number): readonly number[] {
  const matrix = Array<number>(cells * pixels).fill(0);
  cellOverlaps(pixels, cells).forEach((overlaps, x) =>
    overlaps.forEach(({ cell, part }) => matrix[cell * pixels + x] = part)
  );
  return matrix;
}

/** Sums of `[..., S, S]` over square cells: `[..., cells, cells]`. */
function pooled(
  w: OnnxWriter,
  x: Value,
  side: number,
  cells: number,
): Value {
  const overlap = w.floats(overlapMatrix(side, cells), [cells, side]);
  const columns = w.callContrib("FusedMatMul", [x, overlap], {
    transB: int(1),
  });
  return w.call("MatMul", [overlap, columns]);
}

/**
 * Lowering of the histograms: magnitudes beyond each border are pooled, and a bin
 * is the difference of two neighbouring borders.
 */
export const hogLowerings: Lowerings<"hogCells"> = {
  hogCells: (
    w,
    { attributes: { nbins, cells } },
    [image = ""],
    [signature],
  ) => {
    const [batch = 0, channels = 0, side = 0] = signature?.shape ?? [];
    const planes = batch * channels;
    const gradient = gradients(
      w,
      reshaped(w, image, [planes, 1, side, side]),
      side,
    );
    const squares = gradient.map((g) => w.call("Mul", [g, g]));
    const magnitude = w.call("Sqrt", [w.call("Add", squares)]);
    const isBeyond = reachedBorders(w, upward(w, gradient), nbins);
    const beyond = w.call("Where", [isBeyond, magnitude, w.scalar(0)]);
    const sums = pooled(
      w,
      w.call("Concat", [magnitude, beyond], { axis: int(1) }),
      side,
      cells,
    );
    const next = w.call("Pad", [sums, w.int64s([-1, 1]), "", w.int64s([1])]);
    const bins = reshaped(w, w.call("Sub", [sums, next]), [
      batch,
      channels,
      nbins,
      cells,
      cells,
    ]);
    return w.call("Transpose", [bins], { perm: ints([0, 3, 4, 1, 2]) });
  },
};
