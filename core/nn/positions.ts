/** Positions of patches: the fixed sine-cosine table, and tables on other grids. */

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

/**
 * Interpolations of a position table to another grid. Both are bicubic and take the
 * pixel centres of the two grids as equally wide.
 *
 * - `mae`: Keys' kernel with `a = −¾` on the four nearest rows, the border
 *   repeated; what MAE and LocalMIM do.
 * - `timm`: Keys' kernel with `a = −½`, stretched where the grid shrinks, cut and
 *   renormalised at the border; what timm does since 0.9.
 */
export type PositionResampling = "mae" | "timm";

/** One input place and how much it counts. */
interface Tap {
  readonly at: number;
  readonly weight: number;
}

/** Keys' cubic convolution kernel. */
const keys = (a: number) => (x: number): number => {
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
};

/** The four nearest places; what lies outside is the border. */
function nearestFour(from: number, to: number, i: number): readonly Tap[] {
  const kernel = keys(-0.75);
  const centre = (i + 0.5) * from / to - 0.5;
  const first = Math.floor(centre) - 1;
  return [0, 1, 2, 3].map((k) => ({
    at: Math.min(Math.max(first + k, 0), from - 1),
    weight: kernel(centre - first - k),
  }));
}

/** All places under a kernel that is stretched when the grid shrinks. */
function antialiased(from: number, to: number, i: number): readonly Tap[] {
  const kernel = keys(-0.5);
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const centre = (i + 0.5) * scale;
  const first = Math.max(Math.floor(centre - 2 * stretch + 0.5), 0);
  const end = Math.min(Math.floor(centre + 2 * stretch + 0.5), from);
  const taps = Array.from({ length: end - first }, (_, k) => ({
    at: first + k,
    weight: kernel((first + k + 0.5 - centre) / stretch),
  }));
  const sum = taps.reduce((total, { weight }) => total + weight, 0);
  return taps.map(({ at, weight }) => ({ at, weight: weight / sum }));
}

/** Weighted sums of the rows of `table [rows, width]`. */
function mixed(
  table: Float64Array,
  width: number,
  taps: readonly Tap[],
): Float64Array {
  const out = new Float64Array(width);
  for (const { at, weight } of taps) {
    for (let d = 0; d < width; d++) {
      out[d] = (out[d] ?? 0) + weight * (table[at * width + d] ?? NaN);
    }
  }
  return out;
}

function stacked(rows: readonly Float64Array[], width: number): Float64Array {
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, i) => out.set(row, i * width));
  return out;
}

/**
 * Brings the positions of a square grid to another one by bicubic interpolation,
 * as models do that see larger or smaller images than they were trained on.
 *
 * @param method Kind of bicubic interpolation.
 * @param to Patches along one side of the wanted grid, at least 1.
 * @param positions `[G², width]`, row by row, without that of a class token.
 * @param from Patches `G` along one side of the given grid, at least 1.
 * @returns `[to², width]`; the same numbers if `to` is `G`.
 *
 * @see Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981.
 */
export function resamplePositions(
  method: PositionResampling,
  to: number,
  positions: Float32Array,
  from: number,
): Float32Array {
  if (from === to) return positions.slice();
  const width = positions.length / from ** 2;
  const tapsAt = method === "mae" ? nearestFour : antialiased;
  const taps = Array.from({ length: to }, (_, i) => tapsAt(from, to, i));
  const table = Float64Array.from(positions);
  const row = from * width;
  // Rows first: a row of the grid is a vector of `from·width` numbers.
  const tall = taps.map((own) => mixed(table, row, own));
  const wide = tall.flatMap((line) =>
    taps.map((own) => mixed(line, width, own))
  );
  return Float32Array.from(stacked(wide, width));
}
