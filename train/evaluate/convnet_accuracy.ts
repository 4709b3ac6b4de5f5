/**
 * How well a convolutional network does.
 *
 * @module
 */
import type {
  Backend,
  DeviceTensors,
  Program,
} from "../../backends/backend.ts";
import {
  convNetScoreGraph,
  type ConvNetSpec,
  type Result,
  right,
} from "../../core/mod.ts";
import type { Batch, DataError } from "../../data/mod.ts";
import { onlyRows, programRows } from "./image_rows.ts";
import type { WorkOptions } from "../work_options.ts";
import { compileGraph } from "../engine/programs.ts";
import { topAccuracy } from "./accuracy.ts";
import type { TrainError } from "../train_error.ts";

/**
 * Compiles the judge of a network, which can judge it again and again.
 *
 * @param backend Where it computes.
 * @param spec Sizes.
 * @param batchSize Images at a time.
 */
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
 * @param backend Where it computes.
 * @param program The judge, `compileConvNetScores`.
 * @param tensors The network on that device, by name.
 * @param batches Images in order; the last batch may be smaller.
 * @param classes Classes.
 * @param watched Told how many images are done; what stops it.
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
