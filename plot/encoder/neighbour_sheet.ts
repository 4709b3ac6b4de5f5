/** Sheet of pictures, each beside the pictures that are nearest to it. */
import { type PictureImage, pngDataUri } from "../png.ts";
import { shortened, wordsAt, xmlText } from "../svg_words.ts";
import { INK, QUIET } from "../theme.ts";

/** A small picture with words below it. */
export interface CaptionedPicture {
  /** The picture; one that is not square keeps its proportions. */
  readonly image: PictureImage;
  /** A few words, for example its class; what is too long is cut. */
  readonly caption: string;
}

/** A picture near another. */
export interface NeighbourPicture extends CaptionedPicture {
  /** Whether it is of the same kind; left out where that is not known. */
  readonly isRight?: boolean | undefined;
}

/** A row of the sheet. */
export interface NeighbourRow {
  /** The picture that was asked for. */
  readonly query: CaptionedPicture;
  /** Those near it, nearest first; rows may have different numbers of them. */
  readonly neighbours: readonly NeighbourPicture[];
}

/** Sizes in pixels at the natural scale. */
const PANEL = 104;
const GAP = 14;
const ROW = PANEL + 34;
const MARGIN = 28;
const HEADER = 78;
const DIVIDER = 26;
const FRAME = 4;

/** Characters that fit below a picture. */
const CAPTION = 16;

/** Colours of frames; the wrong one is also dashed, for eyes that see both alike. */
const RIGHT = "#0f8b8d";
const WRONG = "#d9601a";

/** Left edge of a picture: the query is number 0. */
const leftOf = (place: number): number =>
  MARGIN + place * (PANEL + GAP) + (place > 0 ? DIVIDER : 0);

/** A frame around a square of the side of a panel. */
function frame(isRight: boolean, size: number): string {
  const [edge, side] = [-FRAME / 2, size + FRAME];
  const dashes = isRight ? "" : ' stroke-dasharray="7 5"';
  return `<rect x="${edge}" y="${edge}" width="${side}" height="${side}" rx="3" fill="none" stroke="${
    isRight ? RIGHT : WRONG
  }" stroke-width="${FRAME}"${dashes}/>`;
}

/** One picture with its caption and frame. */
async function panel(
  { image, caption, isRight }: NeighbourPicture,
  place: number,
  row: number,
): Promise<string> {
  const scaling = Math.max(image.width, image.height) < PANEL
    ? ' image-rendering="pixelated"'
    : "";
  return [
    `<g transform="translate(${leftOf(place)} ${HEADER + row * ROW})">`,
    `<title>${xmlText(caption)}</title>`,
    `<image width="${PANEL}" height="${PANEL}"${scaling} href="${await pngDataUri(
      image,
    )}"/>`,
    isRight === undefined ? "" : frame(isRight, PANEL),
    wordsAt(
      ...[[PANEL / 2, PANEL + 18], 12, QUIET] as const,
      shortened(caption, CAPTION),
      "middle",
    ),
    "</g>",
  ].join("");
}

/** The meaning of the frames. */
const legend = (y: number): string =>
  ([["the same class", true], ["another class", false]] as const).map(
    ([text, isRight], i) =>
      `<g transform="translate(${leftOf(1) + 150 * i} ${y})">${
        frame(isRight, 10)
      }${wordsAt([22, 10], 12, QUIET, text)}</g>`,
  ).join("");

/**
 * Draws pictures one below the other, each with the pictures that are nearest to it on
 * its right, nearest first. A neighbour of the same kind has a whole frame, one of another
 * kind a dashed one, in another colour; one of which that is not known has none.
 *
 * @param title Words above them.
 * @param rows The rows; `[]` gives an empty sheet.
 * @returns An SVG document on a white ground, with the pictures inside.
 *
 * @example
 * ```ts
 * import { neighbourSheet } from "@vitfreeze/vitfreeze/plot";
 * import { match } from "node:assert/strict";
 *
 * const grey = (level: number) => ({
 *   width: 2,
 *   height: 2,
 *   channels: 1 as const,
 *   pixels: new Uint8Array(4).fill(level),
 * });
 * const svg = await neighbourSheet("Pictures and their nearest", [{
 *   query: { image: grey(200), caption: "bright" },
 *   neighbours: [
 *     { image: grey(190), caption: "bright", isRight: true },
 *     { image: grey(40), caption: "dark", isRight: false },
 *   ],
 * }]);
 *
 * match(svg, /another class/);
 * ```
 */
export async function neighbourSheet(
  title: string,
  rows: readonly NeighbourRow[],
): Promise<string> {
  const most = Math.max(1, ...rows.map((row) => row.neighbours.length));
  const isKnown = rows.some(({ neighbours }) =>
    neighbours.some(({ isRight }) => isRight !== undefined)
  );
  const panels = await Promise.all(
    rows.flatMap(({ query, neighbours }, row) =>
      [query, ...neighbours].map((one, place) => panel(one, place, row))
    ),
  );
  const width = Math.max(560, leftOf(most) + PANEL + MARGIN);
  const height = HEADER + rows.length * ROW + MARGIN;
  const bottom = HEADER + rows.length * ROW - GAP;
  const line = leftOf(1) - (GAP + DIVIDER) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    wordsAt([MARGIN, 36], 16, INK, title),
    wordsAt([leftOf(0), 62], 12, QUIET, "picture"),
    wordsAt([leftOf(1), 62], 12, QUIET, "nearest first"),
    `<path d="M${line} ${HEADER}V${bottom}" stroke="#d5d9e0"/>`,
    ...panels,
    isKnown ? legend(bottom + 12) : "",
    "</svg>",
  ].join("\n");
}
