/** Sheet of pictures beside what their pixels are and what they are named. */
import { type PictureImage, pngDataUri } from "../png.ts";
import { shortened, wordsAt } from "../svg_words.ts";
import { INK, QUIET } from "../theme.ts";

/** Classes of pixels, beside the picture. */
export interface SegmentedPanel {
  /** Class of each pixel, row by row, as many as the picture has; −1 for none. */
  readonly classes: ArrayLike<number>;
  /** A few words below it; none by default. */
  readonly caption?: string;
}

/** A picture and classes of its pixels. */
export interface SegmentationRow {
  /** The picture. */
  readonly image: PictureImage;
  /** One for each column. */
  readonly panels: readonly SegmentedPanel[];
}

/** Sizes in pixels at the natural scale. */
const PANEL = 132;
const GAP = 10;
const CAPTION = 18;
const ROW = PANEL + CAPTION + GAP;
const MARGIN = 28;
const HEADER = 78;

/** Classes in the legend, in a row of it and at most, and characters of a name. */
const IN_ROW = 4;
const MOST_NAMED = 24;
const NAME = 18;
const NAME_ROW = 20;

const leftOf = (column: number): number => MARGIN + column * (PANEL + GAP);

/** Degrees between the hues of one class and the next: no two of a few are near. */
const GOLDEN_ANGLE = 137.508;

/** Levels of red, green and blue. */
type Levels = readonly [number, number, number];

/** Pixels without a class. */
const NONE: Levels = [255, 255, 255];

/** Slate for the first class, which often is the ground. */
const FIRST: Levels = [46, 54, 72];

/** One channel of a colour of a hue, by the formula of HSL. */
function channelOf(offset: number, hue: number, light: number): number {
  const [k, spread] = [
    (offset + hue / 30) % 12,
    0.6 * Math.min(light, 1 - light),
  ];
  return Math.round(
    255 * (light - spread * Math.max(-1, Math.min(k - 3, 9 - k, 1))),
  );
}

/** Colour of a class: hues a golden angle apart, in three lightnesses. */
function colourOf(label: number): Levels {
  if (label < 0) return NONE;
  if (label === 0) return FIRST;
  const hue = (170 + (label - 1) * GOLDEN_ANGLE) % 360;
  const light = [0.48, 0.68, 0.36][Math.floor((label - 1) / 8) % 3] ?? 0.48;
  return [0, 8, 4].map((offset) =>
    channelOf(offset, hue, light)
  ) as unknown as Levels;
}

/** Classes as a picture. */
function coloured(
  { width, height }: PictureImage,
  { classes }: SegmentedPanel,
): PictureImage {
  const pixels = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    pixels.set(colourOf(classes[at] ?? -1), 3 * at);
  }
  return { width, height, channels: 3, pixels };
}

/** A picture at its place, with words below it. */
async function panelAt(
  image: PictureImage,
  [column, row]: readonly [number, number],
  caption: string,
): Promise<string> {
  const [x, y] = [leftOf(column), HEADER + row * ROW];
  const uri = await pngDataUri(image);
  return [
    `<image x="${x}" y="${y}" width="${PANEL}" height="${PANEL}" image-rendering="pixelated" href="${uri}"/>`,
    caption === ""
      ? ""
      : wordsAt([x, y + PANEL + CAPTION - 5], 11, QUIET, caption),
  ].join("");
}

const rowOf = (
  { image, panels }: SegmentationRow,
  row: number,
): Promise<readonly string[]> =>
  Promise.all([
    panelAt(image, [0, row], ""),
    ...panels.map((panel, k) =>
      panelAt(coloured(image, panel), [k + 1, row], panel.caption ?? "")
    ),
  ]);

/** Classes that are seen in some rows, rising. */
function seenIn(rows: readonly SegmentationRow[]): readonly number[] {
  const seen = new Set<number>();
  for (const { panels } of rows) {
    for (const { classes } of panels) {
      for (let at = 0; at < classes.length; at++) seen.add(classes[at] ?? -1);
    }
  }
  return [...seen].filter((label) => label >= 0).sort((a, b) => a - b);
}

/** Colours and names of classes. */
function legend(
  labels: readonly number[],
  names: readonly string[],
  top: number,
  width: number,
): string {
  const step = (width - 2 * MARGIN) / IN_ROW;
  return labels.slice(0, MOST_NAMED).map((label, k) => {
    const x = MARGIN + (k % IN_ROW) * step;
    const y = top + Math.floor(k / IN_ROW) * NAME_ROW;
    const name = shortened(names[label] ?? String(label), NAME);
    return `<rect x="${x}" y="${y}" width="12" height="12" rx="2" fill="rgb(${
      colourOf(label).join(",")
    })"/>${wordsAt([x + 18, y + 10], 12, QUIET, name)}`;
  }).join("");
}

/**
 * Draws pictures one below the other, each with classes of its pixels on its right, a
 * colour for each class; pixels without a class are white. A legend names the classes that
 * are seen.
 *
 * @param title Words above them.
 * @param columns Names of the columns behind the picture.
 * @param rows Pictures and as many panels as there are columns; `[]` gives an empty sheet.
 * @param names Names of the classes by number.
 * @returns An SVG document on a white ground, with the pictures inside.
 *
 * @example
 * ```ts
 * import { segmentationSheet } from "@vitfreeze/vitfreeze/plot";
 * import { match } from "node:assert/strict";
 *
 * const image = { width: 2, height: 2, channels: 1, pixels: new Uint8Array(4) } as const;
 * const svg = await segmentationSheet("What is where", ["mask"], [
 *   { image, panels: [{ classes: [0, 0, 1, -1] }] },
 * ], ["ground", "figure"]);
 *
 * match(svg, />figure</);
 * ```
 */
export async function segmentationSheet(
  title: string,
  columns: readonly string[],
  rows: readonly SegmentationRow[],
  names: readonly string[],
): Promise<string> {
  const drawn = await Promise.all(rows.map(rowOf));
  const labels = seenIn(rows);
  const width = Math.max(480, leftOf(columns.length + 1) - GAP + MARGIN);
  const bottom = HEADER + rows.length * ROW;
  const lines = Math.ceil(Math.min(labels.length, MOST_NAMED) / IN_ROW);
  const height = bottom + lines * NAME_ROW + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    wordsAt([MARGIN, 36], 16, INK, title),
    wordsAt([leftOf(0), 64], 12, QUIET, "picture"),
    ...columns.map((name, k) => wordsAt([leftOf(k + 1), 64], 12, QUIET, name)),
    ...drawn.flat(),
    legend(labels, names, bottom, width),
    "</svg>",
  ].join("\n");
}
