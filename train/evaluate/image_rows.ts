/** Outputs of a program for labelled images, one row an image. */
import type {
  Backend,
  DeviceTensors,
  Program,
} from "../../backends/backend.ts";
import {
  type Faults,
  type Graph,
  inputSignatures,
  left,
  type Result,
  right,
  sizeOf,
} from "../../core/mod.ts";
import type { Batch, DataError } from "../../data/mod.ts";
import { compileGraph, runOnce } from "../engine/programs.ts";
import { joinedNumbers } from "../engine/tensors.ts";
import type { TrainError } from "../train_error.ts";
import { type WorkOptions, yieldToOthers } from "../work_options.ts";
import type { LabelledFeatures } from "../tasks/probe_batches.ts";

/** Fills a batch up to its fixed size with black images. */
function padded(images: Float32Array, length: number): Float32Array {
  if (images.length === length) return images;
  const full = new Float32Array(length);
  full.set(images);
  return full;
}

/** Rows of one batch, which may be smaller than the program's. */
async function batchRows(
  backend: Backend,
  program: Program,
  parameters: DeviceTensors,
  images: Float32Array,
): Promise<Result<TrainError, Float32Array>> {
  const shape = inputSignatures(program.graph)["images"]?.shape ?? [];
  const data = padded(images, sizeOf(shape));
  const values = await runOnce(backend, program, parameters, {
    images: { shape, data },
  });
  if (values._tag === "Left") return values;
  const [rows = new Float32Array()] = values.right.values();
  return right(rows.subarray(0, rows.length * images.length / data.length));
}

/**
 * Runs a program on labelled images with several sets of parameters, batch after batch:
 * each image is made ready once.
 *
 * @param program Input `images [B, C, S, S]` beside the parameters; one output `[B, width]`.
 * @param sets Sets of parameters on that device.
 * @param watched Progress in images, and a signal that stops it.
 * @returns For each set a row for each image, labelled −1 where it has no class; or the
 * first error.
 */
export async function programRows(
  backend: Backend,
  program: Program,
  sets: readonly DeviceTensors[],
  batches: AsyncIterable<Result<DataError, Batch>>,
  { signal, onProgress }: WorkOptions = {},
): Promise<Result<TrainError, readonly LabelledFeatures[]>> {
  const rows = sets.map((): Float32Array[] => []);
  const labels: number[] = [];
  for await (const batch of batches) {
    if (batch._tag === "Left") {
      return left({ _tag: "DataFailed", error: batch.left });
    }
    const { images, indices, labels: known } = batch.right;
    for (const [k, parameters] of sets.entries()) {
      const part = await batchRows(backend, program, parameters, images);
      if (part._tag === "Left") return part;
      rows[k]?.push(part.right);
      const goOn = await yieldToOthers(signal);
      if (goOn._tag === "Left") return goOn;
    }
    labels.push(...known ?? new Int32Array(indices.length).fill(-1));
    onProgress?.(labels.length);
  }
  const [output = -1] = Object.values(program.graph.outputs);
  const width = program.graph.nodes[output]?.shape.at(-1) ?? 0;
  const all = Int32Array.from(labels);
  return right(rows.map((parts) => ({
    features: joinedNumbers(parts),
    width,
    labels: all,
  })));
}

/** Runs a graph on labelled images, as `programRows` runs a program. */
export async function imageRows(
  backend: Backend,
  graph: Result<Faults, Graph>,
  sets: readonly DeviceTensors[],
  batches: AsyncIterable<Result<DataError, Batch>>,
  watched: WorkOptions = {},
): Promise<Result<TrainError, readonly LabelledFeatures[]>> {
  const compiled = await compileGraph(backend, graph);
  if (compiled._tag === "Left") return compiled;
  try {
    const { right: program } = compiled;
    return await programRows(backend, program, sets, batches, watched);
  } finally {
    compiled.right.dispose();
  }
}

/** The only one of several results of which there is one. */
export const onlyRows = (
  rows: Result<TrainError, readonly LabelledFeatures[]>,
): Result<TrainError, LabelledFeatures> =>
  rows._tag === "Left" ? rows : right(rows.right[0] ?? NO_ROWS);

const NO_ROWS: LabelledFeatures = {
  features: new Float32Array(),
  width: 0,
  labels: new Int32Array(),
};
