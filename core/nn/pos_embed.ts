/**
 * Fixed two-dimensional sine-cosine positions.
 *
 * @module
 */

/**
 * Position table of a square grid with a class token in front.
 *
 * Row 0 is zero. Row `1 + h·G + w` holds `sin(w·ω)`, `cos(w·ω)`, `sin(h·ω)`,
 * `cos(h·ω)`, a quarter of the width each, with `ω_j = 10000^(−j / (E/4))`: the
 * first half tells the column, the second the row.
 *
 * @param width `E`, a multiple of 4.
 * @param grid Patches along one side, `G`.
 * @returns `[1 + G², E]`, row-major, rounded to float32 as checkpoints store it.
 * @see Vaswani et al. 2017, section 3.5, applied to both axes.
 */
export function sinCosPositions(
  width: number,
  grid: number,
): readonly number[] {
  const quarter = width / 4;
  const wave = (position: number): number[] => {
    const angles = Array.from(
      { length: quarter },
      (_, j) => position / 10000 ** (j / quarter),
    );
    return [...angles.map(Math.sin), ...angles.map(Math.cos)];
  };
  const waves = Array.from({ length: grid }, (_, position) => wave(position));
  const rows = waves.flatMap((row) =>
    waves.flatMap((column) => [...column, ...row])
  );
  return [...Array<number>(width).fill(0), ...rows.map(Math.fround)];
}
