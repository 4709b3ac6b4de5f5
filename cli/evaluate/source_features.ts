/**
 * Features of all images of a source.
 *
 * @module
 */
import type { DeviceTensors } from "../../backends/mod.ts";
import { left, type Result } from "../../core/mod.ts";
import { evalTransform, loadAll } from "../../data/mod.ts";
import {
  encoderFeatures,
  type FeatureSpec,
  type LabelledFeatures,
  type TrainError,
} from "../../train/mod.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import type { Evaluation } from "./open_evaluation.ts";

/** Images at a time. */
const BATCH = 64;

/**
 * Features of every image that can be read, as it is judged: nothing is random.
 *
 * @param evaluation Encoder, device, images and their size.
 * @param encoders The encoder on the device, and others of its sizes beside it.
 * @param feature Which numbers count.
 * @param which The images to learn from, or those to judge by.
 * @param shown Where progress is shown and what stops it.
 * @returns The features of each encoder, or the first error.
 */
export async function sourceFeatures(
  evaluation: Evaluation,
  encoders: readonly DeviceTensors[],
  feature: FeatureSpec,
  which: "train" | "queries",
  shown: ShownWork = {},
): Promise<Result<TrainError, readonly LabelledFeatures[]>> {
  const { encoder: { model }, backend, resizeSize } = evaluation;
  const source = evaluation[which];
  const { imageSize, inChannels } = model;
  const { normalization } = source;
  const format = { imageSize, inChannels, normalization, resizeSize };
  const transform = evalTransform(format);
  if (transform._tag === "Left") {
    return left({ _tag: "BadConfig", faults: transform.left });
  }
  const batchSize = Math.min(BATCH, source.length);
  const batches = loadAll({
    source,
    transform: transform.right,
    batchSize,
    badImages: evaluation.unreadable[which],
    recycles: true,
  });
  const what = which === "train"
    ? "images to learn from"
    : "images to judge by";
  return await underBar(
    shown,
    what,
    source.length,
    (options) =>
      encoderFeatures(
        backend,
        model,
        encoders,
        batches,
        batchSize,
        feature,
        options,
      ),
  );
}
