/** Models in words. */
import {
  type FeatureSpec,
  gridSize,
  MODEL_PRESETS,
  type ModelSpec,
  objectiveOf,
  parameterSpecs,
  sizeOf,
  type StageTarget,
  targetOf,
} from "../../core/mod.ts";
import { textTable } from "./text_table.ts";

function parameterCounts(
  model: ModelSpec,
): Readonly<Record<"encoder" | "decoders", number>> {
  const counts = { encoder: 0, decoders: 0 };
  for (const { shape, owner } of parameterSpecs(model)) {
    counts[owner._tag === "Stage" ? "decoders" : "encoder"] += sizeOf(shape);
  }
  return counts;
}

const millions = (count: number): string =>
  `${(count / 1e6).toFixed(count < 1e7 ? 2 : 1)} M`;

/** Cells along a patch side of each stage, for example `4, 2, 1 and ½`. */
function scaleWords({ stages }: ModelSpec): string {
  const words = stages.map(({ scale }) => scale === 0.5 ? "½" : String(scale));
  const last = words.pop() ?? "";
  return words.length === 0 ? last : `${words.join(", ")} and ${last}`;
}

/** Words of what stages predict. */
const TARGET_WORDS: Readonly<Record<StageTarget, string>> = {
  hog: "HOG",
  pixels: "pixels",
  normalisedPixels: "normalised pixels",
};

/** What the stages of a model predict, each kind once, for example `HOG and pixels`. */
export const targetWords = ({ stages }: Pick<ModelSpec, "stages">): string =>
  [...new Set(stages.map((stage) => TARGET_WORDS[targetOf(stage)]))]
    .join(" and ");

/** A feature in words. */
export const describeFeature = (
  { tokens, stages, regions = 1 }: FeatureSpec,
): string =>
  `${
    tokens === "classToken"
      ? "the class token"
      : regions === 1
      ? "the mean of the patch tokens"
      : `the means of the patch tokens in ${regions} × ${regions} regions`
  } ${
    stages.length === 1
      ? "after the last block"
      : "after every tap, side by side"
  }`;

/** Number of stages, for example `4 stages`. */
export const stageCount = (
  { stages }: { readonly stages: readonly unknown[] },
): string => `${stages.length} stage${stages.length === 1 ? "" : "s"}`;

/** Stages and what they predict, and MAE's decoder. */
function stageWords(model: ModelSpec): string {
  const { stages, decoderDepth, decoderEmbedDim } = model;
  const staged = stages.every((stage) => targetOf(stage) === "hog")
    ? stageCount(model)
    : `${stageCount(model)} of ${targetWords(model)}`;
  return objectiveOf(model) === "mae"
    ? `${staged} (MAE) by a decoder of ${decoderDepth} blocks of width ${decoderEmbedDim}`
    : staged;
}

/** A model in a line: blocks, width, pixels, patches, stages and parameters. */
export function describeModel(model: ModelSpec): string {
  const { depth, embedDim, imageSize, patchSize } = model;
  const { encoder, decoders } = parameterCounts(model);
  return [
    `${depth} blocks of width ${embedDim}`,
    `${imageSize} px in patches of ${patchSize}`,
    stageWords(model),
    `${millions(encoder)} parameters and ${millions(decoders)} in decoders`,
  ].join(", ");
}

/**
 * Predictions of the stages, where the grid of patches or the target does not allow
 * LocalMIM's own cells.
 *
 * @returns A sentence, or `null` where it does.
 */
export function cellsNote(model: ModelSpec): string | null {
  const { stages } = model;
  const cells = `${scaleWords(model)} cells along a patch`;
  const grid = gridSize(model);
  if (stages.length > 1 && stages.some((it) => targetOf(it) !== "hog")) {
    return `pixels are predicted within patches: the stages predict ${cells}`;
  }
  return grid % 2 === 0 || stages.length === 1
    ? null
    : `${grid} × ${grid} patches, an odd number, have no cells of 2 × 2 patches: the stages predict ${cells}`;
}

/** A line for each model that has a name. */
export function modelTable(): string {
  const rows = Object.entries(MODEL_PRESETS).map(([name, model]) => [
    name,
    String(model.depth),
    String(model.embedDim),
    String(model.numHeads),
    String(model.imageSize),
    String(model.patchSize),
    millions(parameterCounts(model).encoder),
  ]);
  return textTable([
    ["model", "left"],
    ["blocks", "right"],
    ["width", "right"],
    ["heads", "right"],
    ["pixels", "right"],
    ["patch", "right"],
    ["parameters", "right"],
  ], rows);
}
