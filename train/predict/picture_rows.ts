/** Rows of numbers that a program makes of pictures, and the pictures that cannot be read. */
import {
  type Backend,
  type DeviceTensors,
  type Program,
  selectBackend,
} from "../../backends/mod.ts";
import {
  type Faults,
  type Graph,
  left,
  type Result,
  right,
} from "../../core/mod.ts";
import { type BadImages, badImages, loadAll } from "../../data/mod.ts";
import { disposeAll, orBackendFailed } from "../engine/tensors.ts";
import { compileGraph } from "../engine/programs.ts";
import { programRow } from "../evaluate/image_rows.ts";
import type { TrainError } from "../train_error.ts";
import { type WorkOptions, yieldToOthers } from "../work_options.ts";
import type { PreparedPictures } from "./prepared_pictures.ts";

/** Options of the work on pictures. */
export interface PictureOptions extends WorkOptions {
  /** The engine that computes; the one that `selectBackend("auto")` gives by default. */
  readonly backend?: Backend;
  /** Pictures at a time, `≥ 1`; 32 by default, and no more than there are. */
  readonly batchSize?: number;
}

/** A picture that could not be read. */
export interface UnreadablePicture {
  /** Its name, for a file the path. */
  readonly path: string;
  /** Why. */
  readonly reason: string;
}

/** Some pictures in the order of their source. */
export interface PictureRows {
  /** Numbers of a row. */
  readonly width: number;
  /** A row for each picture that could be read, `[count, width]`, in the order of the source. */
  readonly rows: Float32Array;
  /** Every picture: its name, and the reason where it could not be read and has no row. */
  readonly pictures: readonly {
    readonly path: string;
    readonly reason: string | null;
  }[];
}

/** A graph for so many pictures at a time, and its parameters. */
export interface PictureModel {
  /** Input `images [B, C, S, S]` beside the parameters; one output `[B, width]`. */
  readonly graphAt: (batch: number) => Result<Faults, Graph>;
  /** Copies the parameters to a device. */
  readonly upload: (backend: Backend) => DeviceTensors;
}

const BATCH = 32;

/** The pictures of a stretch, with the reasons of those that could not be read. */
function namedPictures(
  { source }: PreparedPictures,
  bad: BadImages,
  from: number,
  to: number,
): PictureRows["pictures"] {
  const reasons = new Map(
    bad.list().map(({ index, reason }) => [index, reason] as const),
  );
  return Array.from({ length: to - from }, (_, i) => ({
    path: source.imageName(from + i),
    reason: reasons.get(from + i) ?? null,
  }));
}

/** Makes the rows of all pictures with a program, batch by batch. */
async function* rowsBy(
  backend: Backend,
  program: Program,
  parameters: DeviceTensors,
  prepared: PreparedPictures,
  batchSize: number,
  { signal, onProgress }: WorkOptions,
): AsyncGenerator<Result<TrainError, PictureRows>, void> {
  const { length } = prepared.source;
  const bad = badImages(length, 1);
  const { width, rows } = programRow(backend, program, parameters);
  const loading = { ...prepared, batchSize, badImages: bad, recycles: true };
  let from = 0;
  for await (const batch of loadAll(loading)) {
    if (batch._tag === "Left") {
      return yield left({ _tag: "DataFailed", error: batch.left });
    }
    const goOn = await yieldToOthers(signal);
    if (goOn._tag === "Left") return yield goOn;
    const { images } = batch.right;
    const made = images.length === 0
      ? right(new Float32Array())
      : await rows(images);
    if (made._tag === "Left") return yield made;
    const to = Math.min(length, from + batchSize);
    const pictures = namedPictures(prepared, bad, from, to);
    yield right({ width, rows: made.right, pictures });
    onProgress?.(to);
    from = to;
  }
}

/** An engine for some work. */
export interface WorkEngine {
  readonly backend: Backend;
  /** Ends the work with it: one that was not given is closed. */
  readonly release: () => void;
}

/** The engine that is given, else the one that this machine can run best. */
export async function workEngine(
  given: Backend | undefined,
): Promise<Result<TrainError, WorkEngine>> {
  if (given !== undefined) return right({ backend: given, release: () => {} });
  const selected = orBackendFailed(await selectBackend("auto"));
  if (selected._tag === "Left") return selected;
  const { backend } = selected.right;
  return right({ backend, release: () => backend.dispose() });
}

/**
 * Makes a row of numbers for every picture, batch by batch, so that what is known can be
 * used before all is.
 *
 * @param prepared The pictures.
 * @param model What makes a row.
 * @param options Engine, pictures at a time, progress in pictures, and a signal that stops.
 * @returns Rows in the order of the pictures, or the error that ends them; a picture that
 * cannot be read is none.
 */
export async function* pictureRows(
  prepared: PreparedPictures,
  model: PictureModel,
  { backend: given, batchSize: most = BATCH, ...work }: PictureOptions,
): AsyncGenerator<Result<TrainError, PictureRows>, void> {
  const batchSize = Math.max(1, Math.min(most, prepared.source.length));
  const engine = await workEngine(given);
  if (engine._tag === "Left") return yield engine;
  const { backend, release } = engine.right;
  try {
    const compiled = await compileGraph(backend, model.graphAt(batchSize));
    if (compiled._tag === "Left") return yield compiled;
    const parameters = model.upload(backend);
    try {
      yield* rowsBy(
        ...[backend, compiled.right, parameters, prepared] as const,
        ...[batchSize, work] as const,
      );
    } finally {
      disposeAll(parameters.values());
      compiled.right.dispose();
    }
  } finally {
    release();
  }
}
