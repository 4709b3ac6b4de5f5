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
import { wordsAt } from "./svg_words.ts";
import { INK, QUIET } from "./theme.ts";

/** A stage of histograms and its view of a sample. */
export interface HogStage extends Omit<HogCells, "values"> {
  /** Number of the stage in the model, from 0. */
  readonly index: number;
  /** HOG of the image, `[n², C·nbins]`. */
  readonly target: ArrayLike<number>;
  /** Prediction of the stage's decoder, the same shape. */
  readonly prediction: ArrayLike<number>;
}

/** A stage of pixels and its view of a sample. */
export interface PixelStage {
  /** Number of the stage in the model, from 0. */
  readonly index: number;
  /** Cells along one side, `n`. */
  readonly cells: number;
  /** The image that the prediction makes up, as large as the sample's. */
  readonly picture: PictureImage;
  /** True if brightness and contrast of each cell are those of the sample, not predicted. */
  readonly isNormalised: boolean;
}

/** One stage's view of a sample. */
export type ReconstructionStage = HogStage | PixelStage;

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

/** What a prediction of normalised pixels leaves open. */
const GIVEN =
  "Predicted pixels have the brightness and contrast of the hidden cells: both are taken from the image.";

/** Left edge of a column: image and mask, then two for each stage. */
const columnX = (column: number): number =>
  MARGIN + column * (PANEL + GAP) +
  Math.floor(column / 2) * (GROUP_GAP - GAP);

const rowY = (row: number): number => HEADER + row * (PANEL + GAP);

const at = (column: number, row: number, content: string): string =>
  `<g transform="translate(${columnX(column)} ${rowY(row)})">${content}</g>`;

const FRAME =
  `<rect width="${PANEL}" height="${PANEL}" fill="none" stroke="${COLOURS.frame}"/>`;

function imagePanel(uri: string, image: PictureImage): string {
  const scaling = image.width < PANEL ? ' image-rendering="pixelated"' : "";
  return `<image width="${PANEL}" height="${PANEL}" preserveAspectRatio="none"${scaling} href="${uri}"/>`;
}

/** Grey squares over some patches: by default those of which the encoder sees nothing. */
function greyPatches(
  patchMask: ArrayLike<number>,
  isGrey = (part: number): boolean => part > 0,
): string {
  const grid = Math.round(Math.sqrt(patchMask.length));
  const squares = Array.from(patchMask, (part, patch) => {
    if (!isGrey(part)) return "";
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

/** Panels of a stage, from left to right. */
type StagePanels = readonly [string, string];

/** Target and reconstruction of histograms. */
function hogPanels(
  sample: ReconstructionSample,
  stage: HogStage,
): StagePanels {
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

/** An image with the hidden patches of another one. */
function withHidden(
  image: PictureImage,
  hidden: PictureImage,
  patchMask: ArrayLike<number>,
): PictureImage {
  const { width, height, channels } = image;
  const grid = Math.round(Math.sqrt(patchMask.length));
  const pixels = image.pixels.map((seen, i) => {
    const pixel = Math.floor(i / channels);
    const row = Math.floor(Math.floor(pixel / width) * grid / height);
    const column = Math.floor(pixel % width * grid / width);
    const part = patchMask[row * grid + column] ?? 0;
    return part > 0 ? hidden.pixels[i] ?? 0 : seen;
  });
  return { ...image, pixels };
}

/** Predicted pixels of hidden patches, alone and in the image. */
async function pixelPanels(
  { image, patchMask }: ReconstructionSample,
  { picture }: PixelStage,
): Promise<StagePanels> {
  const whole = withHidden(image, picture, patchMask);
  const [alone, pasted] = await Promise.all([picture, whole].map(pngDataUri));
  return [
    imagePanel(alone ?? "", picture) +
    greyPatches(patchMask, (part) => part === 0) + FRAME,
    imagePanel(pasted ?? "", whole) + FRAME,
  ];
}

const isPixels = (stage: ReconstructionStage): stage is PixelStage =>
  "picture" in stage;

async function sampleRow(
  sample: ReconstructionSample,
  row: number,
): Promise<string> {
  const shown = imagePanel(await pngDataUri(sample.image), sample.image);
  const stages = (await Promise.all(
    sample.stages.map((stage) =>
      isPixels(stage) ? pixelPanels(sample, stage) : hogPanels(sample, stage)
    ),
  )).flat();
  return [
    shown + FRAME,
    shown + greyPatches(sample.patchMask) + FRAME,
    ...stages,
  ].map((panel, column) => at(column, row, panel)).join("\n");
}

const panelNames = (stage: ReconstructionStage): StagePanels =>
  isPixels(stage)
    ? ["hidden parts, predicted", "beside what was seen"]
    : ["HOG target", "reconstruction"];

function header(stages: readonly ReconstructionStage[]): string {
  const label = (column: number, y: number, size: number, content: string) =>
    wordsAt(
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
      ...panelNames(stage).map((name, k) =>
        label(2 + 2 * i + k, 60, 12.5, name)
      ),
    ]),
  ].join("\n");
}

/** Colours of strokes, and where brightness and contrast of pixels come from. */
function legend(stages: readonly ReconstructionStage[], y: number): string {
  const hasStrokes = !stages.every(isPixels);
  const first = columnX(hasStrokes ? 2 : 0);
  const entries: readonly (readonly [string, string, number])[] = hasStrokes
    ? [
      [COLOURS.reconstructed, "hidden from the encoder, trained", 0],
      [COLOURS.untrained, "seen by the encoder, not part of the loss", 260],
    ]
    : [];
  const isGiven = stages.some((stage) => isPixels(stage) && stage.isNormalised);
  return [
    ...entries.map(([colour, words, x]) =>
      `<rect x="${first + x}" y="${
        y - 11
      }" width="13" height="13" rx="2" fill="${colour}"/>` +
      wordsAt([first + x + 20, y], 12.5, QUIET, words)
    ),
    isGiven
      ? wordsAt([first + (hasStrokes ? 560 : 0), y], 12.5, QUIET, GIVEN)
      : "",
  ].join("\n");
}

/**
 * Draws samples one below the other: the image, what the encoder sees of it,
 * and two panels for each stage.
 *
 * Of histograms they are target and reconstruction: a cell shows a star of strokes along
 * its edges (`hogGlyphs`), and reconstructed cells that the encoder saw are grey, for no
 * loss ever asked for them. Of pixels they are the predicted ones of hidden patches, alone
 * and in the image.
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
    stages.length === 0 ? "" : legend(stages, bottom + 28),
    "</svg>",
  ].join("\n");
}
