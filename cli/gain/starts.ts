/** The same pictures in the eyes of the encoder, of what it began as, and as they are. */
import { type Result, right } from "../../core/mod.ts";
import type { DeviceTensors } from "../../backends/mod.ts";
import {
  disposeAll,
  featureGraph,
  type FeatureSpec,
  pixelRow,
  programRow,
  rowsOfImages,
  type SourceRows,
  type TrainError,
  uploadEncoder,
  withProgram,
} from "../../train/mod.ts";
import { untrainedEncoder } from "../evaluate/evaluated_encoder.ts";
import { BATCH, batchesInOrder, type ImagePart } from "../evaluate/features.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import type { OpenedPictures } from "./opened_pictures.ts";

/** What classifiers start from. */
export const STARTS = ["trained", "untrained", "pixels"] as const;

/** One of them. */
export type Start = typeof STARTS[number];

/** The starts in words. */
export const START_WORDS: Readonly<Record<Start, string>> = {
  trained: "trained encoder",
  untrained: "untrained weights",
  pixels: "raw pixels",
};

/** Features of all pictures by one start. */
export interface StartFeatures {
  readonly start: Start;
  /** Of the images to learn from; none where nothing is judged. */
  readonly known: SourceRows;
  /** Of the images to judge by, or of all that are looked at. */
  readonly asked: SourceRows;
}

const NONE: SourceRows = {
  features: new Float32Array(),
  width: 1,
  labels: new Int32Array(),
  indices: new Int32Array(),
};

/** Features of every image that can be read, in the order of `STARTS`. */
async function rowsOfStarts(
  opened: OpenedPictures,
  encoders: readonly DeviceTensors[],
  feature: FeatureSpec,
  part: ImagePart,
  shown: ShownWork,
): Promise<Result<TrainError, readonly SourceRows[]>> {
  const { encoder: { model }, backend } = opened;
  const { length } = opened[part];
  if (length === 0) return right(STARTS.map(() => NONE));
  const size = Math.min(BATCH, length);
  const batches = batchesInOrder(opened, part, size);
  if (batches._tag === "Left") return batches;
  const { batches: all, noted } = batches.right(null);
  const what = part === "train" ? "images to learn from" : "images to judge by";
  const graph = featureGraph(model, size, feature, "given");
  return await noted(
    await underBar(
      shown,
      what,
      length,
      (options) =>
        withProgram(backend, graph, (program) => {
          const rows = encoders.map((parameters) =>
            programRow(backend, program, parameters)
          );
          return rowsOfImages([...rows, pixelRow(model)], all, options);
        }),
    ),
  );
}

/** The encoder on its device and, beside it, what it began as. */
export function uploadedStarts(
  { encoder, backend }: Pick<OpenedPictures, "encoder" | "backend">,
): readonly [trained: DeviceTensors, untrained: DeviceTensors] {
  const up = (parameters: ReadonlyMap<string, Float32Array>) =>
    uploadEncoder(backend, encoder.model, parameters);
  return [up(encoder.parameters), up(untrainedEncoder(encoder))];
}

/**
 * Features of all pictures from each start; each picture is read once.
 *
 * @param feature The numbers of the encoder that make a feature.
 * @param shown Progress output and stop signal.
 */
export async function startFeatures(
  opened: OpenedPictures,
  feature: FeatureSpec,
  shown: ShownWork,
): Promise<Result<TrainError, readonly StartFeatures[]>> {
  const encoders = uploadedStarts(opened);
  const of = (part: ImagePart) =>
    rowsOfStarts(opened, encoders, feature, part, shown);
  try {
    const known = await of("train");
    if (known._tag === "Left") return known;
    const asked = await of("validation");
    return asked._tag === "Left" ? asked : right(
      STARTS.map((start, k) => ({
        start,
        known: known.right[k] ?? NONE,
        asked: asked.right[k] ?? NONE,
      })),
    );
  } finally {
    for (const encoder of encoders) disposeAll(encoder.values());
  }
}
