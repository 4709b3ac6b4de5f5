/**
 * The images that a classifier is judged by.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import { evalTransform, loadAll } from "../../data/mod.ts";
import type { TrainError } from "../../train/mod.ts";
import type { Evaluation } from "./open_evaluation.ts";

/** The middles of the images to judge by, in order; each call begins anew. */
export function judgingMiddles(
  evaluation: Evaluation,
  batchSize: number,
): Result<TrainError, () => ReturnType<typeof loadAll>> {
  const { queries: source, resizeSize, unreadable } = evaluation;
  const { imageSize, inChannels } = evaluation.encoder.model;
  const { normalization } = source;
  const format = { imageSize, inChannels, normalization, resizeSize };
  const made = evalTransform(format);
  return made._tag === "Left"
    ? left<TrainError>({ _tag: "BadConfig", faults: made.left })
    : right(() =>
      loadAll({
        source,
        transform: made.right,
        batchSize,
        badImages: unreadable.queries,
        recycles: true,
      })
    );
}
