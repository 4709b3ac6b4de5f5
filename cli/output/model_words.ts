/** Models in words. */
import {
  gridSize,
  MODEL_PRESETS,
  type ModelSpec,
  parameterSpecs,
  sizeOf,
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

/** A model in a line: blocks, width, pixels, patches and parameters. */
export function describeModel(model: ModelSpec): string {
  const { depth, embedDim, imageSize, patchSize, stages } = model;
  const { encoder, decoders } = parameterCounts(model);
  return [
    `${depth} blocks of width ${embedDim}`,
    `${imageSize} px in patches of ${patchSize}`,
    `${stages.length} stages`,
    `${millions(encoder)} parameters and ${millions(decoders)} in decoders`,
  ].join(", ");
}

/**
 * Predictions of the stages, where the grid of patches does not allow LocalMIM's own
 * cells.
 *
 * @returns A sentence, or `null` on an even grid.
 */
export function oddGridNote(model: ModelSpec): string | null {
  const grid = gridSize(model);
  return grid % 2 === 0
    ? null
    : `${grid} × ${grid} patches, an odd number, have no cells of 2 × 2 patches: the stages predict ${
      scaleWords(model)
    } cells along a patch`;
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
