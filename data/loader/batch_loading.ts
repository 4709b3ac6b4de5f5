/** Batches of images: an epoch in random order for training, all in order for evaluation. */
import { epochOrder, type Fault, left, type Result } from "../../core/mod.ts";
import type { ImageSource } from "../image/image_source.ts";
import {
  ownMemory,
  recycledMemory,
  sharedMemory,
} from "../resources/recycled_memory.ts";
import {
  type DataError,
  unlessFaulty,
  wholeFault,
} from "../report/data_error.ts";
import { type EvalTransform, keepsLevels } from "../transforms/transform.ts";
import type { TrainRule, ViewRule } from "../transforms/view.ts";
import {
  type BadImagePolicy,
  type BadImages,
  badImages,
} from "./bad_images.ts";
import {
  type Batch,
  type BatchForm,
  batchMaker,
  type LevelBatch,
  levelsIn,
  NUMBERS,
} from "./batch.ts";
import type { ImageWorkers } from "./image_workers.ts";
import type { KeptImages } from "./kept_images.ts";
import type { MakeRenderer } from "./render_pixels.ts";
import {
  rowCount,
  sharedBatches,
  sharedIndices,
  type StepRows,
} from "./step_rows.ts";
import { stopWith, workAhead } from "./work_ahead.ts";

/** Options of both ways of loading. */
export interface LoadingOptions {
  /** Source of the images. */
  readonly source: ImageSource;
  /** Images of a batch, `≥ 1`. */
  readonly batchSize: number;
  /** Batches made ahead of the one in use; 2 by default. */
  readonly prefetch?: number;
  /** Workers that make images ready; this thread by default. */
  readonly workers?: ImageWorkers | undefined;
  /** Pictures that stay decoded from one iteration to the next; none by default. */
  readonly kept?: KeptImages | undefined;
  /** Policy for an image that cannot be read; `"skip"` by default. */
  readonly onBadImage?: BadImagePolicy | undefined;
  /** List of skipped images; one of this iteration by default. */
  readonly badImages?: BadImages | undefined;
  /**
   * True if the numbers of a batch last only until the next one is asked for. Their
   * memory is then used again, which is faster than new memory. `false` by default.
   */
  readonly recycles?: boolean | undefined;
  /** Ends the iteration when aborted. */
  readonly signal?: AbortSignal;
}

/** Batches for learning: those of an epoch, whole ones only. */
export interface LoadOptions extends LoadingOptions, TrainRule {
  /** First batch wanted; 0 by default. */
  readonly fromBatch?: number;
  /**
   * The part of every step that this process loads, in batches of `batchSize`; by default
   * all of it.
   */
  readonly rows?: StepRows | undefined;
}

/** Batches for evaluation: all images; the last batch may be smaller. */
export interface LoadAllOptions extends LoadingOptions {
  /** Transform of the images; nothing of it is random. */
  readonly transform: EvalTransform;
  /** The part that this process loads; by default all of it. */
  readonly turn?: BatchTurn | undefined;
}

/** Batches that processes load in turn: of every `size` the one of number `rank`. */
export interface BatchTurn {
  /** From 0 to `size − 1`. */
  readonly rank: number;
  /** Number of processes, `≥ 1`. */
  readonly size: number;
}

/** Faults of the options that both ways have. */
function loadingFaults(
  { batchSize, prefetch = 2, workers }: LoadingOptions,
  mostOfBatch: number,
): readonly (Fault | null)[] {
  return [
    wholeFault("batchSize", batchSize, 1, mostOfBatch),
    wholeFault("prefetch", prefetch, 0, Infinity),
    wholeFault("workers", workers?.count ?? 1, 1, Infinity),
  ];
}

function turnFaults(
  { rank, size }: BatchTurn = EVERY_TURN,
): readonly (Fault | null)[] {
  return [
    wholeFault("turn.size", size, 1, Infinity),
    wholeFault("turn.rank", rank, 0, size - 1),
  ];
}

/** Where every batch is loaded by one process. */
const EVERY_TURN: BatchTurn = { rank: 0, size: 1 };

/** The indices of each batch, in the order of the source; the last one may be smaller. */
function* allIndices(
  length: number,
  batchSize: number,
  { rank, size }: BatchTurn = EVERY_TURN,
): Generator<Int32Array> {
  const stride = size * batchSize;
  for (let from = rank * batchSize; from < length; from += stride) {
    const count = Math.min(batchSize, length - from);
    yield new Int32Array(count).map((_, i) => from + i);
  }
}

/** The indices of each batch of an epoch, from one of them on. */
function* epochIndices(
  { fromBatch = 0, ...options }: LoadOptions,
): Generator<Int32Array> {
  const { source, seed, epoch, batchSize, rows } = options;
  const order = epochOrder(seed, epoch, source.length);
  const count = epochLength(options);
  for (let batch = fromBatch; batch < count; batch++) {
    yield rows === undefined
      ? order.slice(batch * batchSize, (batch + 1) * batchSize)
      : sharedIndices(order, rows, batch);
  }
}

/** Makes batches ahead of their consumer; gives back the memory of those that were used. */
async function* batchesOf<Made extends Batch | LevelBatch>(
  renderer: MakeRenderer,
  options: LoadingOptions,
  form: BatchForm<Made>,
  rule: ViewRule,
  indices: Generator<Int32Array>,
): AsyncGenerator<Result<DataError, Made>, void> {
  const { source, workers, kept, prefetch = 2, recycles = false } = options;
  // Workers write into the batch itself.
  const memory = recycledMemory<ArrayBufferLike>(
    Infinity,
    workers === undefined ? ownMemory : sharedMemory,
  );
  const stop = stopWith(options.signal);
  const { onBadImage = "skip", badImages: noted = badImages(source.length) } =
    options;
  const makeBatch = batchMaker(
    {
      ...{ source, rule, renderer, workers, kept, form, memory, onBadImage },
      badImages: noted,
    },
    stop.signal,
  );
  const begun = indices.map((some) => makeBatch(some));
  for await (const batch of workAhead(begun, prefetch, stop)) {
    yield batch;
    if (!recycles || batch._tag === "Left") continue;
    memory.give(batch.right.images.buffer);
  }
}

/**
 * Whole batches of an epoch; images that do not fill a last one are dropped.
 */
export function batchesPerEpoch(length: number, batchSize: number): number {
  return Math.floor(length / batchSize);
}

/** Batches of an epoch. */
const epochLength = (
  { source: { length }, batchSize, rows }: LoadOptions,
): number =>
  rows === undefined
    ? batchesPerEpoch(length, batchSize)
    : sharedBatches(length, rows);

/** The fault of a batch that is not as large as `batchSize`. */
function rowsFault({ rows, batchSize }: LoadOptions): Fault | null {
  const other = rows?.batches.find((batch) => rowCount(batch) !== batchSize);
  return other === undefined ? null : {
    _tag: "Inconsistent",
    path: "rows",
    found: `a batch of ${rowCount(other)}`,
    wanted: `batches of ${batchSize}`,
  };
}

function epochFaults(options: LoadOptions): readonly (Fault | null)[] {
  const { source: { length }, epoch, fromBatch = 0 } = options;
  const [size = null, ...others] = loadingFaults(options, length);
  const last = size === null ? epochLength(options) : 0;
  return [
    size,
    wholeFault("epoch", epoch, 0, Infinity),
    size === null ? wholeFault("fromBatch", fromBatch, 0, last) : null,
    rowsFault(options),
    ...others,
  ];
}

/** The faults of options, as the error that ends an iteration before its first batch. */
function refusal(faults: readonly (Fault | null)[]): DataError | null {
  const checked = unlessFaulty(null, faults);
  return checked._tag === "Left"
    ? { _tag: "BadOptions", faults: checked.left }
    : null;
}

function levelFault({ transform }: LoadOptions): Fault | null {
  return keepsLevels(transform) ? null : {
    _tag: "Inconsistent",
    path: "transform.erasing",
    found: "noise in normalised images",
    wanted: "none, where images are levels",
  };
}

/** The ways of loading, where images are made ready in one way. */
export interface BatchLoading {
  /** The batches of one epoch. */
  loadBatches(
    options: LoadOptions,
  ): AsyncGenerator<Result<DataError, Batch>, void>;
  /** The same in bytes. */
  loadLevels(
    options: LoadOptions,
  ): AsyncGenerator<Result<DataError, LevelBatch>, void>;
  /** All images in the order of the source. */
  loadAll(
    options: LoadAllOptions,
  ): AsyncGenerator<Result<DataError, Batch>, void>;
}

/**
 * The ways of loading.
 *
 * @param renderer How an image is made ready where no worker does it: it knows decoders, or
 * takes pixels only (`pixelRenderer`).
 */
export function batchLoading(renderer: MakeRenderer): BatchLoading {
  async function* epochBatches<Made extends Batch | LevelBatch>(
    options: LoadOptions,
    form: () => BatchForm<Made>,
    faults: readonly (Fault | null)[],
  ): AsyncGenerator<Result<DataError, Made>, void> {
    const refused = refusal(faults);
    if (refused !== null) return yield left(refused);
    const { transform, seed, epoch } = options;
    const rule = { transform, seed, epoch };
    const indices = epochIndices(options);
    yield* batchesOf(renderer, options, form(), rule, indices);
  }
  return {
    loadBatches: (options) =>
      epochBatches(options, () => NUMBERS, epochFaults(options)),
    loadLevels: (options) =>
      epochBatches(
        options,
        () => levelsIn(options.transform),
        [...epochFaults(options), levelFault(options)],
      ),
    loadAll: async function* (options) {
      const { source, transform, batchSize, turn } = options;
      const refused = refusal([
        ...loadingFaults(options, Infinity),
        ...turnFaults(turn),
      ]);
      if (refused !== null) return yield left(refused);
      const indices = allIndices(source.length, batchSize, turn);
      yield* batchesOf(renderer, options, NUMBERS, { transform }, indices);
    },
  };
}
