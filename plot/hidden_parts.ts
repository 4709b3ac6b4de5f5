/**
 * The mask of the patches as the cells of a stage see it.
 *
 * @module
 */

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
