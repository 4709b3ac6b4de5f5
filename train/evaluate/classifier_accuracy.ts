/**
 * How well a fine-tuned classifier does.
 *
 * @module
 */
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import {
  classifierScoreGraph,
  type ClassifierSpec,
  type Result,
  right,
} from "../../core/mod.ts";
import type { Batch, DataError } from "../../data/mod.ts";
import { imageRows, onlyRows } from "./image_rows.ts";
import type { WorkOptions } from "../work_options.ts";
import type { TopAccuracies } from "./probe_accuracy.ts";
import { topAccuracy } from "./accuracy.ts";
import type { TrainError } from "../train_error.ts";

/**
 * Part of some labelled images that a classifier names rightly.
 *
 * @param backend Where it computes.
 * @param spec Sizes.
 * @param parameters The classifier on that device, by name.
 * @param batches Images in order; the last batch may be smaller.
 * @param batchSize Images at a time.
 * @param watched Told how many images are done; what stops it.
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
  const top = (n: number) => topAccuracy(scores, labels, spec.classes, n);
  return right({ top1: top(1), top5: top(5) });
}
