/**
 * Histograms of oriented gradients as strokes along the edges, and the hidden part of
 * each of their cells.
 */

/** Histograms of all cells of a square picture. */
export interface HogCells {
  /** Cells along one side, `n`. */
  readonly cells: number;
  /** Colour channels `C` of the image. */
  readonly channels: number;
  /** Orientation bins over 180°. */
  readonly nbins: number;
  /** `[n², C·nbins]`, row-major, channel by channel. */
  readonly values: ArrayLike<number>;
}

/** Strokes of like strength, drawn with one opacity. */
export interface StrokeGroup {
  /** In `(0, 1]`. */
  readonly opacity: number;
  /** Path data; one cell is `CELL_UNITS` wide. */
  readonly path: string;
}

/** Side of a cell in the units of the path data: whole numbers are then fine enough. */
export const CELL_UNITS = 20;

/** Strengths that get an opacity of their own. */
const LEVELS = 5;

/** Strokes weaker than this part of the strongest possible are omitted. */
const FAINTEST = 0.06;

/**
 * Direction of the edge that a bin stands for: perpendicular to the gradients
 * that fall into the bin, taken at the middle of the bin.
 *
 * Bin `b` holds gradients with `atan2(g_x, g_y)` in `[b, b + 1)·π/nbins`, so the
 * middle one is `(sin φ, cos φ)` and its edge `(cos φ, −sin φ)`.
 *
 * @param bin In `[0, nbins)`.
 * @param nbins Orientation bins over 180°.
 * @returns A unit vector in image coordinates: `x` to the right, `y` down.
 */
export function edgeDirection(
  bin: number,
  nbins: number,
): readonly [x: number, y: number] {
  const middle = (bin + 0.5) * Math.PI / nbins;
  return [Math.cos(middle), -Math.sin(middle)];
}

/**
 * Strength of each bin of one cell, the mean over the colour channels.
 *
 * @param cell Number of the cell, row by row.
 * @returns `nbins` numbers in `[0, 1]`: a prediction may leave that range and is clamped, for drawing only; what is missing counts as 0.
 */
export function binStrengths(hog: HogCells, cell: number): readonly number[] {
  const { channels, nbins, values } = hog;
  const start = cell * channels * nbins;
  return Array.from({ length: nbins }, (_, bin) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) {
      sum += values[start + c * nbins + bin] || 0;
    }
    return Math.min(1, Math.max(0, sum / channels));
  });
}

/** One stroke through the middle of a cell, as long as its bin is strong. */
function stroke(
  [column, row]: readonly [number, number],
  [dx, dy]: readonly [number, number],
  strength: number,
): string {
  const reach = CELL_UNITS / 2 * strength;
  const [x, y] = [dx * reach, dy * reach];
  const left = Math.round((column + 0.5) * CELL_UNITS - x);
  const top = Math.round((row + 0.5) * CELL_UNITS - y);
  return `M${left} ${top}l${Math.round(2 * x)} ${Math.round(2 * y)}`;
}

/**
 * A star of strokes in each chosen cell: directions are those of the edges,
 * length and opacity grow with the bin.
 *
 * @param hog The picture; its path is `CELL_UNITS·n` wide and high.
 * @param drawn Cells to draw, by number row by row; all by default.
 * @returns Path data by opacity, faint first; no strokes, no groups.
 *
 * @see Dalal and Triggs, Histograms of Oriented Gradients, 2005.
 */
export function hogGlyphs(
  hog: HogCells,
  drawn: (cell: number) => boolean = () => true,
): readonly StrokeGroup[] {
  const directions = Array.from(
    { length: hog.nbins },
    (_, bin) => edgeDirection(bin, hog.nbins),
  );
  const paths = Array.from({ length: LEVELS }, (): string[] => []);
  for (let cell = 0; cell < hog.cells ** 2; cell++) {
    if (!drawn(cell)) continue;
    const at = [cell % hog.cells, Math.floor(cell / hog.cells)] as const;
    for (const [bin, strength] of binStrengths(hog, cell).entries()) {
      if (strength < FAINTEST) continue;
      const level = Math.ceil(strength * LEVELS) - 1;
      paths[level]?.push(stroke(at, directions[bin] ?? [0, 0], strength));
    }
  }
  return paths.flatMap((strokes, level) =>
    strokes.length === 0
      ? []
      : [{ opacity: (level + 1) / LEVELS, path: strokes.join("") }]
  );
}

/**
 * Part of each target cell that is hidden.
 *
 * @param patchMask One number for each of the `G²` patches.
 * @param cells Cells along one side, a multiple or a divisor of `G`.
 * @returns `cells²` numbers in `[0, 1]`; fractions where a cell covers several patches.
 */
export function hiddenParts(
  patchMask: ArrayLike<number>,
  cells: number,
): readonly number[] {
  const grid = Math.round(Math.sqrt(patchMask.length));
  const covered = (i: number): readonly number[] => {
    const first = Math.floor(i * grid / cells);
    const end = Math.max(first + 1, Math.floor((i + 1) * grid / cells));
    return Array.from({ length: end - first }, (_, k) => first + k);
  };
  return Array.from({ length: cells ** 2 }, (_, cell) => {
    const columns = covered(cell % cells);
    const parts = covered(Math.floor(cell / cells)).flatMap((row) =>
      columns.map((column) => patchMask[row * grid + column] ?? 0)
    );
    return parts.reduce((sum, part) => sum + part, 0) / parts.length;
  });
}
