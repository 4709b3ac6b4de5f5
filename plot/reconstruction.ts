/**
 * Picture of reconstructions: images, what the encoder sees of them, targets and predictions.
 */
import {
  CELL_UNITS,
  hiddenParts,
  type HogCells,
  hogGlyphs,
} from "./hog_glyph.ts";
import { type PictureImage, pngDataUri } from "./png.ts";
import { INK, QUIET } from "./theme.ts";

/** One stage's view of a sample. */
export interface ReconstructionStage extends Omit<HogCells, "values"> {
  /** Number of the stage in the model, from 0. */
  readonly index: number;
  /** HOG of the image, `[n², C·nbins]`. */
  readonly target: ArrayLike<number>;
  /** Prediction of the stage's decoder, the same shape. */
  readonly prediction: ArrayLike<number>;
}

/** One row of the picture. */
export interface ReconstructionSample {
  /** The image as the model saw it, before normalisation. */
  readonly image: PictureImage;
  /** One number for each of the `G²` patches, row by row: 1 hidden, 0 visible. */
  readonly patchMask: ArrayLike<number>;
  /** The stages to show, the same in every sample. */
  readonly stages: readonly ReconstructionStage[];
}

/** Sizes in pixels of the picture at its natural scale. */
const PANEL = 168;
const GAP = 10;
const GROUP_GAP = 26;
const MARGIN = 28;
const HEADER = 74;
const FOOTER = 46;

const COLOURS = {
  board: "#12151c",
  target: "#f4f6fa",
  reconstructed: "#ffb347",
  untrained: "#77808f",
  hidden: "#c3c8d1",
  frame: "#d5d9e0",
} as const;

const FONT = "font-family=\"system-ui, 'DejaVu Sans', sans-serif\"";

/** Left edge of a column: image and mask, then two for each stage. */
const columnX = (column: number): number =>
  MARGIN + column * (PANEL + GAP) +
  Math.floor(column / 2) * (GROUP_GAP - GAP);

const rowY = (row: number): number => HEADER + row * (PANEL + GAP);

const text = (
  [x, y]: readonly [number, number],
  size: number,
  fill: string,
  content: string,
): string =>
  `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" ${FONT}>${content}</text>`;

const at = (column: number, row: number, content: string): string =>
  `<g transform="translate(${columnX(column)} ${rowY(row)})">${content}</g>`;

const FRAME =
  `<rect width="${PANEL}" height="${PANEL}" fill="none" stroke="${COLOURS.frame}"/>`;

function imagePanel(uri: string, image: PictureImage): string {
  const scaling = image.width < PANEL ? ' image-rendering="pixelated"' : "";
  return `<image width="${PANEL}" height="${PANEL}" preserveAspectRatio="none"${scaling} href="${uri}"/>`;
}

/** Grey squares where the encoder sees nothing. */
function hiddenPatches(patchMask: ArrayLike<number>): string {
  const grid = Math.round(Math.sqrt(patchMask.length));
  const squares = Array.from(patchMask, (part, patch) => {
    if (part === 0) return "";
    return `M${patch % grid} ${Math.floor(patch / grid)}h1v1h-1z`;
  });
  return `<path transform="scale(${
    PANEL / grid
  })" fill="${COLOURS.hidden}" d="${squares.join("")}"/>`;
}

/** Strokes of one colour, the stronger the more opaque. */
function strokes(
  hog: HogCells,
  colour: string,
  drawn?: (cell: number) => boolean,
): string {
  return hogGlyphs(hog, drawn).map(({ opacity, path }) =>
    `<path stroke="${colour}" stroke-opacity="${opacity}" d="${path}"/>`
  ).join("");
}

function hogPanel(cells: number, content: string): string {
  const scale = PANEL / (cells * CELL_UNITS);
  // Hair lines in fine cells would vanish, full ones in coarse cells look like clubs.
  const width = Math.min(1.6, Math.max(0.65, PANEL / cells / 12)) / scale;
  return `<rect width="${PANEL}" height="${PANEL}" fill="${COLOURS.board}"/>` +
    `<g transform="scale(${scale})" fill="none" stroke-width="${width}" stroke-linecap="round">${content}</g>`;
}

function stagePanels(
  sample: ReconstructionSample,
  stage: ReconstructionStage,
): readonly [target: string, reconstruction: string] {
  const hidden = hiddenParts(sample.patchMask, stage.cells);
  const isHidden = (cell: number): boolean => (hidden[cell] ?? 0) > 0;
  const predicted: HogCells = { ...stage, values: stage.prediction };
  return [
    hogPanel(
      stage.cells,
      strokes({ ...stage, values: stage.target }, COLOURS.target),
    ),
    hogPanel(
      stage.cells,
      strokes(predicted, COLOURS.untrained, (cell) => !isHidden(cell)) +
        strokes(predicted, COLOURS.reconstructed, isHidden),
    ),
  ];
}

async function sampleRow(
  sample: ReconstructionSample,
  row: number,
): Promise<string> {
  const shown = imagePanel(await pngDataUri(sample.image), sample.image);
  const stages = sample.stages.flatMap((stage) => stagePanels(sample, stage));
  return [
    shown + FRAME,
    shown + hiddenPatches(sample.patchMask) + FRAME,
    ...stages,
  ].map((panel, column) => at(column, row, panel)).join("\n");
}

function header(stages: readonly ReconstructionStage[]): string {
  const label = (column: number, y: number, size: number, content: string) =>
    text(
      [columnX(column), y],
      size,
      size < 14 ? QUIET : INK,
      content,
    );
  return [
    label(0, 40, 16, "Image"),
    label(0, 60, 12.5, "as it is"),
    label(1, 60, 12.5, "as the encoder sees it"),
    ...stages.flatMap((stage, i) => [
      label(
        2 + 2 * i,
        40,
        16,
        `Stage ${stage.index + 1} · ${stage.cells}×${stage.cells} cells`,
      ),
      label(2 + 2 * i, 60, 12.5, "HOG target"),
      label(3 + 2 * i, 60, 12.5, "reconstruction"),
    ]),
  ].join("\n");
}

function legend(y: number): string {
  const entries: readonly (readonly [string, string, number])[] = [
    [COLOURS.reconstructed, "hidden from the encoder, trained", 0],
    [COLOURS.untrained, "seen by the encoder, not part of the loss", 260],
  ];
  return entries.map(([colour, words, x]) =>
    `<rect x="${columnX(2) + x}" y="${
      y - 11
    }" width="13" height="13" rx="2" fill="${colour}"/>` +
    text([columnX(2) + x + 20, y], 12.5, QUIET, words)
  ).join("\n");
}

/**
 * Draws samples one below the other: the image, what the encoder sees of it,
 * and for each stage the HOG target beside the reconstruction.
 *
 * A cell shows a star of strokes along its edges (`hogGlyphs`). Reconstructed
 * cells that the encoder saw are grey: no loss ever asked for them.
 *
 * @param samples Rows, about six; `[]` gives an empty picture.
 * @returns An SVG document on a white ground, with the images inside.
 */
export async function reconstructionPicture(
  samples: readonly ReconstructionSample[],
): Promise<string> {
  const stages = samples[0]?.stages ?? [];
  const rows = await Promise.all(samples.map(sampleRow));
  const width = columnX(1 + 2 * stages.length) + PANEL + MARGIN;
  const bottom = rowY(samples.length) - GAP;
  const height = bottom + FOOTER;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    header(stages),
    ...rows,
    stages.length === 0 ? "" : legend(bottom + 28),
    "</svg>",
  ].join("\n");
}
