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
import { compileGraph } from "../engine/programs.ts";
import type { TrainError } from "../train_error.ts";
import type { WorkOptions } from "../work_options.ts";
import { type TopAccuracies, topAccuracies, topAccuracy } from "./accuracy.ts";
import { imageRows, onlyRows, programRows } from "./image_rows.ts";

/**
 * Part of some labelled images that a classifier names rightly.
 *
 * @param parameters The classifier on that device, by name.
 * @param batches Images in order; the last batch may be smaller.
 * @param watched Progress in images, and a signal that stops it.
 * @returns Accuracies, `NaN` without images; or the first error.
 */
export async function classifierAccuracy(
  backend: Backend,
  spec: ClassifierSpec,
  parameters: DeviceTensors,
  batches: AsyncIterable<Result<DataError, Batch>>,
  batchSize: number,
  watched: WorkOptions = {},
): Promise<Result<TrainError, TopAccuracies>> {
  const graph = classifierScoreGraph(spec, batchSize);
  const rows = onlyRows(
    await imageRows(backend, graph, [parameters], batches, watched),
  );
  if (rows._tag === "Left") return rows;
  const { features: scores, labels } = rows.right;
  return right(topAccuracies(scores, labels, spec.classes));
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
 * @param batches Images in order; the last batch may be smaller.
 * @param watched Progress in images, and a signal that stops it.
 * @returns A part in `[0, 1]`, `NaN` without images; or the first error.
 */
export async function convNetError(
  backend: Backend,
  program: Program,
  tensors: DeviceTensors,
  batches: AsyncIterable<Result<DataError, Batch>>,
  classes: number,
  watched: WorkOptions = {},
): Promise<Result<TrainError, number>> {
  const rows = onlyRows(
    await programRows(backend, program, [tensors], batches, watched),
  );
  if (rows._tag === "Left") return rows;
  const { features: scores, labels } = rows.right;
  return right(1 - topAccuracy(scores, labels, classes, 1));
}
