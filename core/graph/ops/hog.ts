/** Histograms of oriented gradients. */
import { left, right } from "../../result.ts";
import { type Shape, sizeOf } from "../node.ts";
import {
  noGradient,
  type OpDefinition,
  type Values,
} from "../op_definition.ts";

/** Nominal operations per channel and pixel: two 3×3 filters, magnitude, bin, sum. */
export const HOG_FLOPS_PER_SAMPLE_PIXEL = 30;

/**
 * Gradients below this are rounding noise and count as 0, in units of the image.
 *
 * Neighbouring 8-bit levels are at least 1/255 apart, so on such pictures the
 * result equals that of exact integers; without it, a gradient that is 0 falls
 * at random into the first or the last bin.
 */
export const HOG_FLAT = 2 ** -16;

/** Reflects an index at the border without repeating the edge. */
const reflect = (i: number, size: number): number =>
  size === 1 ? 0 : i < 0 ? -i : i >= size ? 2 * size - 2 - i : i;

/** A 3×3 filter as differences of opposite neighbours, exactly 0 where they are equal. */
const sobel = (low: readonly number[], high: readonly number[]): number => {
  const [a = 0, b = 0, c = 0] = low.map((v, i) => v - (high[i] ?? NaN));
  const g = a + 2 * b + c;
  return Math.abs(g) < HOG_FLAT ? 0 : g;
};

/** Bin of an orientation over 180°: opposite directions coincide. */
export function orientationBin(g0: number, g1: number, nbins: number): number {
  const bin = Math.floor(Math.atan2(g0, g1) / Math.PI * nbins) % nbins;
  return (bin + nbins) % nbins;
}

/** Magnitude and bin of the gradient at one pixel of one channel of a square image. */
function gradientAt(
  plane: Values,
  side: number,
  y: number,
  x: number,
  nbins: number,
): readonly [magnitude: number, bin: number] {
  const at = (dy: number, dx: number): number =>
    plane[reflect(y + dy, side) * side + reflect(x + dx, side)] ?? NaN;
  const column = (dx: number): number[] => [at(-1, dx), at(0, dx), at(1, dx)];
  const row = (dy: number): number[] => [at(dy, -1), at(dy, 0), at(dy, 1)];
  const g0 = sobel(column(-1), column(1));
  const g1 = sobel(row(-1), row(1));
  return [Math.hypot(g0, g1), orientationBin(g0, g1, nbins)];
}

/** One cell that a pixel overlaps and by what part of the pixel's side. */
export interface Overlap {
  /** Index of the cell along the side. */
  readonly cell: number;
  /** Part of the pixel inside it, in `(0, 1]`. */
  readonly part: number;
}

/**
 * Cells that each pixel of a side overlaps when the side is cut into equal parts.
 *
 * @param pixels Pixels of the side.
 * @param cells Cells of the side, at most `pixels`.
 * @returns For each pixel one cell, or two where it straddles their border.
 */
export function cellOverlaps(
  pixels: number,
  cells: number,
): readonly (readonly Overlap[])[] {
  const side = pixels / cells;
  return Array.from({ length: pixels }, (_, x) => {
    const first = Math.min(cells - 1, Math.floor((x + 1e-9) / side));
    const border = (first + 1) * side;
    return border >= x + 1 - 1e-9 || first + 1 >= cells
      ? [{ cell: first, part: 1 }]
      : [{ cell: first, part: border - x }, {
        cell: first + 1,
        part: x + 1 - border,
      }];
  });
}

/** Adds the histograms of one channel of one image; `histogramOf` numbers the histogram of a cell. */
function addPlane(
  out: Values,
  plane: Values,
  side: number,
  nbins: number,
  overlaps: readonly (readonly Overlap[])[],
  histogramOf: (row: number, column: number) => number,
): void {
  overlaps.forEach((rows, y) =>
    overlaps.forEach((columns, x) => {
      const [magnitude, bin] = gradientAt(plane, side, y, x, nbins);
      for (const row of rows) {
        for (const column of columns) {
          const position = histogramOf(row.cell, column.cell) * nbins + bin;
          out[position] = (out[position] ?? NaN) +
            magnitude * row.part * column.part;
        }
      }
    })
  );
}

const imageExtents = (
  shape: Shape | undefined,
): readonly [number, number, number, number] => {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape ?? [];
  return [batch, channels, height, width];
};

/** HOG of Dalal and Triggs 2005 as LocalMIM's target: hard bins, square cells, no blocks. */
export const hogCells: OpDefinition<"hogCells"> = {
  infer: ({ nbins, cells }, inputs) => {
    const [batch, channels, height, width] = imageExtents(inputs[0]?.shape);
    return inputs.length === 1 && inputs[0]?.shape.length === 4 &&
        height === width &&
        height >= cells && Number.isInteger(cells) && cells >= 1
      ? right({
        shape: [batch, cells, cells, channels, nbins],
        dtype: "float32",
      })
      : left(
        `one square image [B, C, H, H] of at least ${cells} pixels a side`,
      );
  },
  evaluate: (
    { attributes: { nbins, cells }, shape },
    [images = new Float64Array()],
    [signature],
  ) => {
    const [batch, channels, side] = imageExtents(signature?.shape);
    const out = new Float64Array(sizeOf(shape));
    const overlaps = cellOverlaps(side, cells);
    for (let plane = 0; plane < batch * channels; plane++) {
      const sample = Math.floor(plane / channels);
      const pixels = images.subarray(
        plane * side ** 2,
        (plane + 1) * side ** 2,
      );
      const histogramOf = (row: number, column: number): number =>
        ((sample * cells + row) * cells + column) * channels + plane % channels;
      addPlane(out, pixels, side, nbins, overlaps, histogramOf);
    }
    return out;
  },
  vjp: noGradient,
  flops: (_, [image]) =>
    HOG_FLOPS_PER_SAMPLE_PIXEL * sizeOf(image?.shape ?? [0]),
};
