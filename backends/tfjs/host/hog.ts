/** Host kernel of the histograms of oriented gradients. */
import {
  cellOverlaps,
  HOG_FLAT,
  orientationBin,
  type Overlap,
} from "../../../core/mod.ts";
import type { Numbers } from "../device.ts";
import type { HostKernels } from "./host_kernel.ts";

/** Rounding noise counts as no gradient. */
const settled = (gradient: number): number =>
  Math.abs(gradient) < HOG_FLAT ? 0 : gradient;

/** The index before and the one after, reflected at the border. */
const around = (
  i: number,
  size: number,
): readonly [before: number, after: number] => [
  i > 0 ? i - 1 : Math.min(1, size - 1),
  i < size - 1 ? i + 1 : Math.max(0, size - 2),
];

/** Calls `visit` with the Sobel gradient at every pixel of a square plane that begins at `start`. */
function eachGradient(
  image: Numbers,
  start: number,
  side: number,
  visit: (y: number, x: number, g0: number, g1: number) => void,
): void {
  for (let y = 0; y < side; y++) {
    const [above, below] = around(y, side);
    const [top, mid, low] = [
      start + above * side,
      start + y * side,
      start + below * side,
    ];
    for (let x = 0; x < side; x++) {
      const [left, right] = around(x, side);
      const nw = image[top + left]!;
      const ne = image[top + right]!;
      const sw = image[low + left]!;
      const se = image[low + right]!;
      const g0 = nw - ne + 2 * (image[mid + left]! - image[mid + right]!) +
        (sw - se);
      const g1 = nw - sw + 2 * (image[top + x]! - image[low + x]!) + (ne - se);
      visit(y, x, settled(g0), settled(g1));
    }
  }
}

/** Adds a value to the cells that a pixel overlaps, by the part of it in each. */
function share(
  out: Numbers,
  value: number,
  rows: readonly Overlap[],
  columns: readonly Overlap[],
  position: (row: number, column: number) => number,
): void {
  for (const row of rows) {
    for (const column of columns) {
      const at = position(row.cell, column.cell);
      out[at] = out[at]! + value * row.part * column.part;
    }
  }
}

/** Host kernel of the histograms of oriented gradients. */
export const hogKernels: HostKernels<"hogCells"> = {
  hogCells: ({ attributes: { nbins, cells } }, [signature]) => {
    const [, channels = 1, side = 1] = signature?.shape ?? [];
    const overlaps = cellOverlaps(side, cells);
    return (out, [image = out]) => {
      out.fill(0);
      const planes = image.length / (side * side);
      for (let plane = 0; plane < planes; plane++) {
        const channel = plane % channels;
        const sample = (plane - channel) / channels;
        eachGradient(image, plane * side * side, side, (y, x, g0, g1) => {
          const bin = orientationBin(g0, g1, nbins);
          share(
            out,
            Math.sqrt(g0 * g0 + g1 * g1),
            overlaps[y]!,
            overlaps[x]!,
            (row, column) =>
              (((sample * cells + row) * cells + column) * channels + channel) *
                nbins + bin,
          );
        });
      }
    };
  },
};
