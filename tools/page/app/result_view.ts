/** What both models make of hidden patches: pictures, targets and answers. */
import {
  CELL_UNITS,
  hiddenParts,
  hogGlyphs,
  type ReconstructionRow,
} from "@vitfreeze/vitfreeze/web";
import { byId, drawn, made } from "./elements.ts";
import type { Lane } from "./race.ts";

/** Pixels of a panel, about, for the width of strokes. */
const PANEL = 105;

/** Light of hidden parts. */
const HIDDEN = 195;

/** A picture on a canvas; `isHidden` says which pixels the model did not see. */
export function pictureCanvas(
  { width, height, channels, pixels }: {
    readonly width: number;
    readonly height: number;
    readonly channels: 1 | 3;
    readonly pixels: Uint8Array;
  },
  isHidden: (x: number, y: number) => boolean = () => false,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  const image = context.createImageData(width, height);
  for (let at = 0; at < width * height; at++) {
    const isGrey = isHidden(at % width, Math.floor(at / width));
    const [r = 0, g = r, b = r] = isGrey
      ? [HIDDEN]
      : pixels.subarray(at * channels, (at + 1) * channels);
    image.data.set([r, g, b, 255], 4 * at);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

type Stage = ReconstructionRow["stages"][number];

/** A stage whose target is histograms. */
type HogStage = Exclude<Stage, { readonly picture: unknown }>;

/** Strokes along the edges of cells. */
function strokes(
  { cells, channels, nbins }: HogStage,
  values: Float32Array,
  className: string,
  isShown?: (cell: number) => boolean,
): readonly SVGElement[] {
  return hogGlyphs({ cells, channels, nbins, values }, isShown)
    .map(({ opacity, path }) =>
      drawn("path", { class: className, "stroke-opacity": opacity, d: path })
    );
}

/** A drawing of a stage. */
function board({ cells }: Stage, content: readonly SVGElement[]): SVGElement {
  const side = cells * CELL_UNITS;
  const width = Math.min(1.4, Math.max(0.6, PANEL / cells / 12)) * side / PANEL;
  return drawn(
    "svg",
    { viewBox: `0 0 ${side} ${side}`, "stroke-width": width },
    ...content,
  );
}

const figure = (content: Node, words: string): HTMLElement =>
  made("figure", "", content, made("figcaption", "", words));

/** What a stage is to predict of an image, and what it is called. */
function targetFigure(
  { image }: ReconstructionRow,
  target: Stage,
): HTMLElement {
  return "picture" in target
    ? figure(pictureCanvas(image), "hidden")
    : figure(board(target, strokes(target, target.target, "target")), "edges");
}

/** What a stage predicts of what is hidden, beside what was seen where it is strokes. */
function answer(
  { patchMask }: ReconstructionRow,
  stage: Stage,
): Node {
  if ("picture" in stage) return pictureCanvas(stage.picture);
  const hidden = hiddenParts(patchMask, stage.cells);
  const isHidden = (cell: number): boolean => (hidden[cell] ?? 0) > 0;
  return board(stage, [
    ...strokes(stage, stage.target, "seen", (cell) => !isHidden(cell)),
    ...strokes(stage, stage.prediction, "answer", isHidden),
  ]);
}

/** What was seen, the target, and both answers. */
function rowOf(plain: ReconstructionRow, frozen: ReconstructionRow) {
  const { image, patchMask, stages } = plain;
  const grid = Math.round(Math.sqrt(patchMask.length));
  const patch = image.width / grid;
  const seen = pictureCanvas(
    image,
    (x, y) =>
      patchMask[Math.floor(y / patch) * grid + Math.floor(x / patch)] === 1,
  );
  // The deepest stage: it has learned to the end in both.
  const at = stages.length - 1;
  return made(
    "div",
    "row",
    figure(seen, "seen"),
    targetFigure(plain, stages[at]!),
    figure(answer(plain, stages[at]!), "without"),
    figure(answer(frozen, frozen.stages[at]!), "with freezing"),
  );
}

/** Shows what both lanes have learned, or hides it. */
export function showResult(
  rows: Readonly<Partial<Record<Lane, readonly ReconstructionRow[]>>>,
): void {
  const { plain = [], frozen = [] } = rows;
  const both = plain.flatMap((row, i) => {
    const other = frozen[i];
    return other === undefined ? [] : [rowOf(row, other)];
  });
  byId("result").hidden = both.length === 0;
  byId("rows").replaceChildren(...both);
}
