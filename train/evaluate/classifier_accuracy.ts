/** Accuracy of image classifiers: fine-tuned encoders and convolutional networks. */
import type {
  Backend,
  DeviceTensors,
  Program,
} from "../../backends/backend.ts";
import {
  classifierScoreGraph,
  type ClassifierSpec,
  convNetScoreGraph,
  type ConvNetSpec,
  type Result,
  right,
} from "../../core/mod.ts";
import type { Batch, DataError } from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { compileGraph } from "../engine/programs.ts";
import type { TrainError } from "../train_error.ts";
import type { SharedWork } from "../work_options.ts";
import type { LabelledFeatures } from "../tasks/probe_batches.ts";
import { toldByAll } from "../ranks/told_by_all.ts";
import { foundAmong, type TopAccuracies } from "./accuracy.ts";
import {
  onlyRows,
  programRow,
  rowsOfImages,
  rowsOfThisRank,
  withProgram,
} from "./image_rows.ts";

/** How many of some images are named rightly. */
interface Counts {
  readonly images: number;
  /** Those whose class has the highest score. */
  readonly first: number;
  /** Those whose class is among the five highest scores. */
  readonly amongFive: number;
}

/** Counts of all ranks. */
async function countsOf(
  scored: Result<TrainError, LabelledFeatures>,
  classes: number,
  ranks: Ranks | null | undefined,
): Promise<Result<TrainError, Counts>> {
  if (scored._tag === "Left") return scored;
  const { features: scores, labels } = scored.right;
  const own: Counts = {
    images: labels.length,
    first: foundAmong(scores, labels, classes, 1),
    amongFive: foundAmong(scores, labels, classes, 5),
  };
  const heard = await toldByAll(ranks ?? null, own, "the accuracy");
  if (heard._tag === "Left") return heard;
  const total = (count: keyof Counts) =>
    heard.right.reduce((sum, counts) => sum + counts[count], 0);
  return right({
    images: total("images"),
    first: total("first"),
    amongFive: total("amongFive"),
  });
}

/**
 * Scores of the classes of images by a classifier.
 *
 * @param parameters The classifier on that device, by name.
 * @param batches Images in order; the last batch may be smaller. With `R` ranks every
 * `R`-th batch (`LoadAllOptions.turn`).
 * @param work Progress in images, the ranks that share it, and a signal that stops it.
 * @returns A row of scores for each image, labelled −1 where it has no class; or the
 * first error.
 */
export async function classifierScores(
  backend: Backend,
  spec: ClassifierSpec,
  parameters: DeviceTensors,
  batches: AsyncIterable<Result<DataError, Batch>>,
  batchSize: number,
  work: SharedWork = {},
): Promise<Result<TrainError, LabelledFeatures>> {
  const graph = classifierScoreGraph(spec, batchSize);
  return onlyRows(
    await withProgram(backend, graph, (program) => {
      const row = programRow(backend, program, parameters);
      return rowsOfImages([row], batches, work);
    }),
  );
}

/**
 * Part of some labelled images that a classifier names rightly.
 *
 * @param parameters The classifier on that device, by name.
 * @param batches Images in order; the last batch may be smaller. With `R` ranks every
 * `R`-th batch (`LoadAllOptions.turn`).
 * @param work Progress in images, the ranks that share it, and a signal that stops it.
 * @returns Accuracies, `NaN` without images; or the first error.
 */
export async function classifierAccuracy(
  backend: Backend,
  spec: ClassifierSpec,
  parameters: DeviceTensors,
  batches: AsyncIterable<Result<DataError, Batch>>,
  batchSize: number,
  work: SharedWork = {},
): Promise<Result<TrainError, TopAccuracies>> {
  const graph = classifierScoreGraph(spec, batchSize);
  const scored = await withProgram(backend, graph, (program) => {
    const row = programRow(backend, program, parameters);
    return rowsOfThisRank(row, batches, work);
  });
  const counts = await countsOf(scored, spec.classes, work.ranks);
  if (counts._tag === "Left") return counts;
  const { images, first, amongFive } = counts.right;
  return right({ top1: first / images, top5: amongFive / images });
}

/** Compiles the scores of a network, which can be computed again and again. */
export async function compileConvNetScores(
  backend: Backend,
  spec: ConvNetSpec,
  batchSize: number,
): Promise<Result<TrainError, Program>> {
  return await compileGraph(backend, convNetScoreGraph(spec, batchSize));
}

/**
 * Part of some labelled images that a network does not name rightly, by its running
 * statistics.
 *
 * @param tensors The network on that device, by name.
 * @param batches Images in order; the last batch may be smaller. With `R` ranks every
 * `R`-th batch (`LoadAllOptions.turn`).
 * @param work Progress in images, the ranks that share it, and a signal that stops it.
 * @returns A part in `[0, 1]`, `NaN` without images; or the first error.
 */
export async function convNetError(
  backend: Backend,
  program: Program,
  tensors: DeviceTensors,
  batches: AsyncIterable<Result<DataError, Batch>>,
  classes: number,
  work: SharedWork = {},
): Promise<Result<TrainError, number>> {
  const row = programRow(backend, program, tensors);
  const scored = await rowsOfThisRank(row, batches, work);
  const counts = await countsOf(scored, classes, work.ranks);
  if (counts._tag === "Left") return counts;
  const { images, first } = counts.right;
  return right(1 - first / images);
}
