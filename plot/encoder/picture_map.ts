/** A map on which pictures that are alike lie near each other. */
import { type PictureImage, pngDataUri } from "../png.ts";
import { shortened, wordsAt, xmlText } from "../svg_words.ts";
import { INK, QUIET, stageColour } from "../theme.ts";

/** A picture's place on the map. */
export interface MapPoint {
  /** From left to right. */
  readonly x: number;
  /** From bottom to top. */
  readonly y: number;
  /** Class, from 0; `null` where it has none. */
  readonly label: number | null;
}

/** A map. */
export interface PictureMap {
  /** Words above it. */
  readonly title: string;
  /** Words below that, for example how much of the spread it shows. */
  readonly note?: string;
  /** Names of the classes; `[]` where there are none. */
  readonly names: readonly string[];
  /** All pictures. */
  readonly points: readonly MapPoint[];
  /** Small pictures of some of the points, by their number (`mapThumbnails` chooses them). */
  readonly thumbnails: ReadonlyMap<number, PictureImage>;
}

/** Sizes in pixels at the natural scale. */
const WIDTH = 900;
const FIELD = 700;
const MARGIN = 28;
const HEADER = 76;
const THUMB = 38;
const RADIUS = 3.4;

/** Classes that have a colour of their own. */
const COLOURS = 12;
const OTHERS = "#b3b9c4";

const colourOf = (label: number | null): string =>
  label === null || label < 0 || label >= COLOURS ? OTHERS : stageColour(label);

/** From the numbers of points to pixels of the field; the extremes of both axes touch its edge. */
function placer(points: readonly MapPoint[]) {
  const scaleOf = (of: (point: MapPoint) => number) => {
    let [low, high] = [Infinity, -Infinity];
    for (const point of points) {
      low = Math.min(low, of(point));
      high = Math.max(high, of(point));
    }
    const span = high - low;
    return (point: MapPoint): number =>
      span > 0 ? (of(point) - low) / span : 0.5;
  };
  const [across, up] = [scaleOf(({ x }) => x), scaleOf(({ y }) => y)];
  const room = FIELD - THUMB;
  const width = WIDTH - 2 * MARGIN - THUMB;
  return (point: MapPoint): readonly [number, number] => [
    MARGIN + THUMB / 2 + width * across(point),
    HEADER + THUMB / 2 + room * (1 - up(point)),
  ];
}

/**
 * The points whose small pictures can lie on the map without covering each other, in the
 * order of the points: the first keeps its place.
 *
 * @param points All points.
 * @param most Pictures at most.
 * @returns Numbers of points.
 */
export function mapThumbnails(
  points: readonly MapPoint[],
  most: number,
): readonly number[] {
  const placed = placer(points);
  const taken: (readonly [number, number])[] = [];
  const chosen: number[] = [];
  for (const [number, point] of points.entries()) {
    if (chosen.length === most) break;
    const [x, y] = placed(point);
    const isFree = taken.every(([a, b]) =>
      Math.max(Math.abs(a - x), Math.abs(b - y)) >= THUMB + 4
    );
    if (!isFree) continue;
    taken.push([x, y]);
    chosen.push(number);
  }
  return chosen;
}

function dot(
  point: MapPoint,
  [x, y]: readonly [number, number],
  names: readonly string[],
): string {
  const name = names[point.label ?? -1];
  const title = name === undefined ? "" : `<title>${xmlText(name)}</title>`;
  return `<circle cx="${x.toFixed(1)}" cy="${
    y.toFixed(1)
  }" r="${RADIUS}" fill="${
    colourOf(point.label)
  }" fill-opacity="0.75">${title}</circle>`;
}

async function thumbnail(
  point: MapPoint,
  [x, y]: readonly [number, number],
  names: readonly string[],
  image: PictureImage,
): Promise<string> {
  const [left, top] = [x - THUMB / 2, y - THUMB / 2].map((at) => at.toFixed(1));
  const name = names[point.label ?? -1];
  const title = name === undefined ? "" : `<title>${xmlText(name)}</title>`;
  const scaling = image.width < THUMB ? ' image-rendering="pixelated"' : "";
  return `<g transform="translate(${left} ${top})">${title}<rect x="-1.5" y="-1.5" width="${
    THUMB + 3
  }" height="${THUMB + 3}" rx="2" fill="white" stroke="${
    colourOf(point.label)
  }" stroke-width="3"/><image width="${THUMB}" height="${THUMB}"${scaling} href="${await pngDataUri(
    image,
  )}"/></g>`;
}

/** Names beside their colours, in columns, and the height of it. */
function legend(
  { names, points }: PictureMap,
  top: number,
): readonly [svg: string, height: number] {
  const found = names.map((_, label) => label)
    .filter((label) => points.some((point) => point.label === label));
  const own = found.filter((label) => label < COLOURS);
  const more = found.length - own.length;
  const entries = [
    ...own.map((label) => [colourOf(label), names[label] ?? ""] as const),
    ...more > 0 ? [[OTHERS, `${more} other classes`] as const] : [],
  ];
  const columns = 4;
  const svg = entries.map(([fill, name], i) => {
    const x = MARGIN + (i % columns) * (WIDTH - 2 * MARGIN) / columns;
    const y = top + 20 * Math.floor(i / columns);
    return `<circle cx="${x + 6}" cy="${y + 8}" r="5" fill="${fill}"/>${
      wordsAt([x + 18, y + 12], 12, QUIET, shortened(name, 28))
    }`;
  });
  return [svg.join(""), 20 * Math.ceil(entries.length / columns)];
}

/**
 * Draws pictures on a map: a point for each, in the colour of its class, and small
 * pictures of some of them.
 *
 * @param map Points and pictures; a map without points is empty.
 * @returns An SVG document on a white ground, with the pictures inside.
 *
 * @example
 * ```ts
 * import { pictureMap } from "@vitfreeze/vitfreeze/plot";
 * import { match } from "node:assert/strict";
 *
 * const svg = await pictureMap({
 *   title: "Three pictures",
 *   names: ["cat", "dog"],
 *   points: [{ x: 0, y: 1, label: 0 }, { x: 2, y: 0, label: 1 }, { x: 1, y: 1, label: null }],
 *   thumbnails: new Map(),
 * });
 *
 * match(svg, /<title>dog/);
 * ```
 */
export async function pictureMap(map: PictureMap): Promise<string> {
  const { title, note = "", names, points, thumbnails } = map;
  const placed = placer(points);
  const dots = points.flatMap((point, number) =>
    thumbnails.has(number) ? [] : [dot(point, placed(point), names)]
  );
  const pictures = await Promise.all(
    [...thumbnails].flatMap(([number, image]) => {
      const point = points[number];
      return point === undefined
        ? []
        : [thumbnail(point, placed(point), names, image)];
    }),
  );
  const [named, room] = legend(map, HEADER + FIELD + 16);
  const height = HEADER + FIELD + 16 + room + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    wordsAt([MARGIN, 34], 16, INK, title),
    wordsAt([MARGIN, 56], 12, QUIET, note),
    ...dots,
    ...pictures,
    named,
    "</svg>",
  ].join("\n");
}
