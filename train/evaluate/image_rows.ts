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
  type Result,
  right,
  sizeOf,
} from "../../core/mod.ts";
import type { Batch, DataError } from "../../data/mod.ts";
import { compileGraph, runOnce } from "../engine/programs.ts";
import { joinedNumbers } from "../engine/tensors.ts";
import type { TrainError } from "../train_error.ts";
import { filledByAll } from "../ranks/told_by_all.ts";
import { type SharedWork, yieldToOthers } from "../work_options.ts";
import type { LabelledFeatures } from "../tasks/probe_batches.ts";
import { inRounds, type RoundRecord, type RoundWork } from "./rounds.ts";

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

/** What gives each image of a batch a row of numbers. */
export interface RowMaker {
  /** Numbers of a row. */
  readonly width: number;
  /** The rows of some images. */
  rows(images: Float32Array): Promise<Result<TrainError, Float32Array>>;
}

/**
 * Rows that a program makes with some parameters.
 *
 * @param program Input `images [B, C, S, S]` beside the parameters; one output `[B, width]`.
 * @param parameters Its parameters on that device.
 */
export function programRow(
  backend: Backend,
  program: Program,
  parameters: DeviceTensors,
): RowMaker {
  const [output = -1] = Object.values(program.graph.outputs);
  return {
    width: program.graph.nodes[output]?.shape.at(-1) ?? 0,
    rows: (images) => batchRows(backend, program, parameters, images),
  };
}

/** Rows of labelled images, and which images of their source these are. */
export interface SourceRows extends LabelledFeatures {
  /** Index of each row's image in the source. */
  readonly indices: Int32Array;
}

/** Rows of this rank, and the images of all ranks. */
interface OwnRows {
  /** The rows of each batch, for each maker. */
  readonly parts: readonly (readonly Float32Array[])[];
  readonly record: RoundRecord;
}

/** Makes the rows of this rank's batches: each image is made ready once. */
async function ownRows(
  makers: readonly RowMaker[],
  batches: AsyncIterable<Result<DataError, Batch>>,
  work: RoundWork,
): Promise<Result<TrainError, OwnRows>> {
  const parts = makers.map((): Float32Array[] => []);
  const record: RoundRecord = { indices: [], labels: [], places: [] };
  // Several ranks stop together, before a batch.
  const stop = work.ranks ? undefined : work.signal;
  for await (const batch of inRounds(batches, record, work)) {
    if (batch._tag === "Left") return batch;
    for (const [k, maker] of makers.entries()) {
      const rows = await maker.rows(batch.right.images);
      if (rows._tag === "Left") return rows;
      parts[k]?.push(rows.right);
      const goOn = await yieldToOthers(stop);
      if (goOn._tag === "Left") return goOn;
    }
  }
  return right({ parts, record });
}

/**
 * Makes rows of labelled images in several ways: each image is made ready once.
 *
 * @param makers What makes them.
 * @param batches Images in order; with `R` ranks every `R`-th batch.
 * @param work Progress in images, the ranks that share it, and a signal that stops it.
 * @returns For each maker a row for each image, labelled −1 where it has no class; or the
 * first error.
 */
export async function rowsOfImages(
  makers: readonly RowMaker[],
  batches: AsyncIterable<Result<DataError, Batch>>,
  work: RoundWork = {},
): Promise<Result<TrainError, readonly SourceRows[]>> {
  const own = await ownRows(makers, batches, work);
  if (own._tag === "Left") return own;
  const { parts, record: { places, ...record } } = own.right;
  const [indices, labels] = [record.indices, record.labels].map((numbers) =>
    Int32Array.from(numbers)
  ) as [Int32Array, Int32Array];
  const found: SourceRows[] = [];
  for (const [k, { width }] of makers.entries()) {
    const filled = (parts[k] ?? []).map((numbers, batch) => ({
      ...{ at: (places[batch] ?? 0) * width, numbers },
    }));
    const features = await filledByAll(
      work.ranks ?? null,
      indices.length * width,
      filled,
    );
    if (features._tag === "Left") return features;
    found.push({ features: features.right, width, labels, indices });
  }
  return right(found);
}

/**
 * Rows that one maker makes of the images of this rank, which are for nobody else.
 *
 * @returns A row for each image of this rank's batches; or the first error.
 */
export async function rowsOfThisRank(
  maker: RowMaker,
  batches: AsyncIterable<Result<DataError, Batch>>,
  work: SharedWork,
): Promise<Result<TrainError, LabelledFeatures>> {
  const own = await ownRows([maker], batches, work);
  if (own._tag === "Left") return own;
  const { width } = maker;
  const { parts: [parts = []], record: { places, labels } } = own.right;
  const known = parts.map(({ length }, batch) => {
    const from = places[batch] ?? 0;
    return labels.slice(from, from + length / width);
  });
  const features = joinedNumbers(parts);
  return right({ features, width, labels: Int32Array.from(known.flat()) });
}

/** Compiles a graph, and disposes of its program once it was used. */
export async function withProgram<A>(
  backend: Backend,
  graph: Result<Faults, Graph>,
  use: (program: Program) => Promise<Result<TrainError, A>>,
): Promise<Result<TrainError, A>> {
  const compiled = await compileGraph(backend, graph);
  if (compiled._tag === "Left") return compiled;
  try {
    return await use(compiled.right);
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
