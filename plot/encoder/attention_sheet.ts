/** Sheet of pictures beside what an encoder attends to in them. */
import { type PictureImage, pngDataUri } from "../png.ts";
import { wordsAt } from "../svg_words.ts";
import { INK, QUIET } from "../theme.ts";

/** A picture and maps of attention on it. */
export interface AttentionRow {
  /** The picture. */
  readonly image: PictureImage;
  /** For each column the weights of its patches, `[G, G]`, row by row, not negative. */
  readonly maps: readonly ArrayLike<number>[];
}

/** Sizes in pixels at the natural scale. */
const PANEL = 132;
const GAP = 10;
const MARGIN = 28;
const HEADER = 78;

const leftOf = (column: number): number => MARGIN + column * (PANEL + GAP);

/** Colours from little to much attention: black over violet and orange to pale yellow. */
const HEAT: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [81, 18, 124],
  [183, 55, 121],
  [252, 137, 97],
  [252, 253, 191],
];

/** A colour of the scale, at a part in `[0, 1]`. */
function heat(part: number): string {
  const at = part * (HEAT.length - 1);
  const below = Math.min(HEAT.length - 2, Math.floor(at));
  const [from, to] = [HEAT[below], HEAT[below + 1]];
  const levels = [0, 1, 2].map((channel) => {
    const [a, b] = [from?.[channel] ?? 0, to?.[channel] ?? 0];
    return Math.round(a + (b - a) * (at - below));
  });
  return `rgb(${levels.join(",")})`;
}

/** Weights as squares over the grey picture: the scale of each map is its own. */
function heatPanel(weights: ArrayLike<number>): string {
  const grid = Math.round(Math.sqrt(weights.length));
  const all = Array.from(weights);
  const [low, high] = [
    all.reduce((a, b) => Math.min(a, b), Infinity),
    all.reduce((a, b) => Math.max(a, b), -Infinity),
  ];
  const side = PANEL / grid;
  const squares = all.map((weight, patch) => {
    const part = high > low ? (weight - low) / (high - low) : 0;
    const [x, y] = [patch % grid, Math.floor(patch / grid)].map((place) =>
      (place * side).toFixed(2)
    );
    const size = side.toFixed(2);
    return `<rect x="${x}" y="${y}" width="${size}" height="${size}" fill="${
      heat(part)
    }"/>`;
  });
  return `<g shape-rendering="crispEdges">${squares.join("")}</g>`;
}

async function rowOf(
  { image, maps }: AttentionRow,
  row: number,
): Promise<string> {
  const scaling = image.width < PANEL ? ' image-rendering="pixelated"' : "";
  const picture = (opacity: number, uri: string) =>
    `<image width="${PANEL}" height="${PANEL}" opacity="${opacity}"${scaling} href="${uri}"/>`;
  const uri = await pngDataUri(image);
  const at = (column: number, content: string) =>
    `<svg x="${leftOf(column)}" y="${
      HEADER + row * (PANEL + GAP)
    }" width="${PANEL}" height="${PANEL}">${content}</svg>`;
  return [
    at(0, picture(1, uri)),
    ...maps.map((weights, k) =>
      at(k + 1, heatPanel(weights) + picture(0.3, uri))
    ),
  ].join("");
}

/**
 * Draws pictures one below the other, each with maps of attention on its right, through
 * which the picture shimmers. The scale of each map is its own: dark where least, pale
 * where most of the weight lies.
 *
 * @param title Words above them.
 * @param columns Names of the maps.
 * @param rows Pictures and as many maps as there are columns; `[]` gives an empty sheet.
 * @returns An SVG document on a white ground, with the pictures inside.
 *
 * @example
 * ```ts
 * import { attentionSheet } from "@vitfreeze/vitfreeze/plot";
 * import { match } from "node:assert/strict";
 *
 * const image = { width: 2, height: 2, channels: 1, pixels: new Uint8Array(4) } as const;
 * const svg = await attentionSheet("Where it looks", ["all heads"], [
 *   { image, maps: [[0.1, 0.2, 0.3, 0.4]] },
 * ]);
 *
 * match(svg, /all heads/);
 * ```
 */
export async function attentionSheet(
  title: string,
  columns: readonly string[],
  rows: readonly AttentionRow[],
): Promise<string> {
  const drawn = await Promise.all(rows.map(rowOf));
  const width = Math.max(420, leftOf(columns.length + 1) - GAP + MARGIN);
  const height = HEADER + rows.length * (PANEL + GAP) - GAP + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    wordsAt([MARGIN, 36], 16, INK, title),
    wordsAt([leftOf(0), 64], 12, QUIET, "picture"),
    ...columns.map((name, k) => wordsAt([leftOf(k + 1), 64], 12, QUIET, name)),
    ...drawn,
    "</svg>",
  ].join("\n");
}
