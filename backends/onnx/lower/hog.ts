/** Histograms of oriented gradients as ONNX. */
import { cellOverlaps, HOG_FLAT, type Shape } from "../../../core/mod.ts";
import { reshaped, sliced, summed, transposed } from "./layout.ts";
import {
  int,
  ints,
  type Lowerings,
  type OnnxWriter,
  type Value,
  word,
} from "./onnx_writer.ts";

/** Axes of planes `[N, 1, S, S]`. */
const [ROWS, COLUMNS] = [2, 3];

/** Rounding noise counts as no gradient. */
function settled(w: OnnxWriter, gradient: Value): Value {
  const isFlat = w.call("Less", [
    w.call("Abs", [gradient]),
    w.scalar(HOG_FLAT),
  ]);
  return w.call("Where", [isFlat, w.scalar(0), gradient]);
}

/**
 * Sobel gradient of framed planes along one axis: differences of opposite
 * neighbours, exactly 0 where they are equal, then `1, 2, 1` along the other axis.
 */
function gradientAlong(
  w: OnnxWriter,
  framed: Value,
  [axis, other]: readonly [number, number],
  side: number,
): Value {
  const [low = "", high = ""] = [0, 2].map((start) =>
    sliced(w, framed, axis, start, side)
  );
  const differences = w.call("Sub", [low, high]);
  const [before = "", at = "", after = ""] = [0, 1, 2].map((start) =>
    sliced(w, differences, other, start, side)
  );
  const ends = w.call("Add", [before, after]);
  return settled(w, w.call("Add", [ends, w.call("Add", [at, at])]));
}

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
  return [
    gradientAlong(w, framed, [COLUMNS, ROWS], side),
    gradientAlong(w, framed, [ROWS, COLUMNS], side),
  ];
}

/**
 * The gradient or its opposite, whichever has an angle in `[0, π)`:
 * `g0 > 0`, or `g0 = 0` and `g1 ≥ 0`.
 */
function upward(
  w: OnnxWriter,
  [g0, g1]: readonly [Value, Value],
): readonly [g0: Value, g1: Value] {
  const isDownward = w.call("Less", [g0, w.scalar(0)]);
  const turned = w.call("Where", [isDownward, w.call("Neg", [g1]), g1]);
  const isLevel = w.call("Equal", [g0, w.scalar(0)]);
  return [
    w.call("Abs", [g0]),
    w.call("Where", [isLevel, w.call("Abs", [g1]), turned]),
  ];
}

/**
 * Magnitudes of the pixels whose angle has reached a border, others 0:
 * `g0·cot φ ≥ g1`.
 */
function beyondBorder(
  w: OnnxWriter,
  magnitude: Value,
  [g0, g1]: readonly [Value, Value],
  border: number,
): Value {
  const steepest = w.call("Mul", [g0, w.scalar(1 / Math.tan(border))]);
  const isBeyond = w.call("GreaterOrEqual", [steepest, g1]);
  return w.call("Where", [isBeyond, magnitude, w.scalar(0)]);
}

/** `[pixels, cells]`: the part of each pixel's side in each cell. */
function overlapMatrix(
  w: OnnxWriter,
  pixels: number,
  cells: number,
): Value {
  const rows = cellOverlaps(pixels, cells).map((overlaps) => {
    const row = Array<number>(cells).fill(0);
    overlaps.forEach(({ cell, part }) => row[cell] = part);
    return row;
  });
  return w.floats(rows.flat(), [pixels, cells]);
}

/**
 * Sums of planes `[N, S, S]` over rows of cells, `[N, cells, S]`: by addition where
 * cells are whole pixels, else by their overlaps.
 */
function pooledRows(
  w: OnnxWriter,
  x: Value,
  [planes = 0, side = 0]: Shape,
  cells: number,
  overlap: Value,
): Value {
  if (side % cells !== 0) {
    const turned = w.call("Transpose", [overlap], { perm: ints([1, 0]) });
    return w.call("MatMul", [turned, x]);
  }
  const strips = [planes * cells, side / cells, side];
  const sums = summed(w, reshaped(w, x, strips), strips, strips.with(1, 1));
  return reshaped(w, sums, [planes, cells, side]);
}

/** Sums of planes `[N, S, S]` over square cells: `[N, 1, cells, cells]`. */
function pooled(
  w: OnnxWriter,
  x: Value,
  shape: Shape,
  cells: number,
  overlap: Value,
): Value {
  const rows = pooledRows(w, x, shape, cells, overlap);
  const [planes = 0] = shape;
  return reshaped(w, w.call("MatMul", [rows, overlap]), [
    planes,
    1,
    cells,
    cells,
  ]);
}

/**
 * Lowering of the histograms: magnitudes beyond each border `φ = k·π/nbins` are pooled,
 * and a bin is the difference of two neighbouring borders. Border by border: the
 * magnitudes beyond all of them at once would be `nbins` times the images.
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
    const plane = reshaped(w, image, [planes, 1, side, side]);
    const gradient = gradients(w, plane, side);
    const squares = gradient.map((g) => w.call("Mul", [g, g]));
    const magnitude = w.call("Sqrt", [w.call("Add", squares)]);
    const turned = upward(w, gradient);
    const overlap = overlapMatrix(w, side, cells);
    const sums = Array.from({ length: nbins }, (_, k) => {
      const beyond = k === 0
        ? magnitude
        : beyondBorder(w, magnitude, turned, k * Math.PI / nbins);
      return pooled(w, beyond, [planes, side], cells, overlap);
    });
    const all = w.call("Concat", sums, { axis: int(1) });
    const next = w.call("Pad", [all, w.int64s([-1, 1]), "", w.int64s([1])]);
    const bins = w.call("Sub", [all, next]);
    const extents = [batch, channels, nbins, cells, cells];
    return transposed(w, reshaped(w, bins, extents), extents, [0, 3, 4, 1, 2]);
  },
};
