/** Batches of images that several ranks evaluate in rounds: in each of them every rank has one. */
import { left, type Result, right } from "../../core/mod.ts";
import type { Batch, DataError } from "../../data/mod.ts";
import { toldByAll } from "../ranks/told_by_all.ts";
import type { TrainError } from "../train_error.ts";
import type { SharedWork } from "../work_options.ts";

/** Progress and end of an evaluation of images. */
export interface RoundWork extends SharedWork {
  /**
   * Asked after each round but the last: false leaves out all images that are left. The
   * answer of rank 0 counts.
   *
   * @param indices Index in the source of every image until then.
   */
  readonly goesOn?: ((indices: readonly number[]) => boolean) | undefined;
}

/** Images of all ranks, in the order of their source; a record that rounds add to. */
export interface RoundRecord {
  /** Index of each image in the source. */
  readonly indices: number[];
  /** Its class; −1 for none. */
  readonly labels: number[];
  /** Place among them of the first image of each batch of this rank. */
  readonly places: number[];
}

/** What a rank tells in a round. */
interface RoundWords {
  readonly stops: boolean;
  /** True if nothing more is wanted. */
  readonly isOver: boolean;
  /** The images of its batch; `null` where it has none left. */
  readonly indices: readonly number[] | null;
  readonly labels: readonly number[];
}

/** The next batch; `null` where there is none. */
async function nextOf(
  batches: AsyncIterator<Result<DataError, Batch>>,
): Promise<Result<TrainError, Batch | null>> {
  const next = await batches.next();
  if (next.done) return right(null);
  return next.value._tag === "Right"
    ? next.value
    : left({ _tag: "DataFailed", error: next.value.left });
}

/** Adds the images of a round to the record. */
function addRound(
  { indices, labels, places }: RoundRecord,
  heard: readonly RoundWords[],
  rank: number,
): void {
  for (const [from, words] of heard.entries()) {
    if (words.indices === null) continue;
    if (from === rank) places.push(indices.length);
    indices.push(...words.indices);
    labels.push(...words.labels);
  }
}

/** Meets the other ranks with a batch; gives whether it is to be evaluated. */
async function metWith(
  batch: Batch | null,
  record: RoundRecord,
  isOver: boolean,
  { ranks = null, signal }: RoundWork,
): Promise<Result<TrainError, boolean>> {
  const indices = batch === null ? null : [...batch.indices];
  const labels = batch?.labels ?? new Int32Array(indices?.length ?? 0).fill(-1);
  const stops = signal?.aborted ?? false;
  const own = { stops, isOver, indices, labels: [...labels] };
  const heard = await toldByAll<RoundWords>(ranks, own, "a batch of images");
  if (heard._tag === "Left") return heard;
  const { right: all } = heard;
  if (all.some(({ stops }) => stops)) return left({ _tag: "Stopped" });
  if (all[0]?.isOver || all.every(({ indices }) => indices === null)) {
    return right(false);
  }
  addRound(record, all, ranks?.rank ?? 0);
  return right(true);
}

/**
 * The batches of this rank, each once all ranks have come to it with theirs.
 *
 * @param batches Those of this rank: with `R` ranks every `R`-th of the source.
 * @param record Gets the images of all ranks before a batch is given.
 * @returns Batches up to the end of the last rank, or the first error.
 */
export async function* inRounds(
  batches: AsyncIterable<Result<DataError, Batch>>,
  record: RoundRecord,
  work: RoundWork,
): AsyncGenerator<Result<TrainError, Batch>, void> {
  const { ranks = null, goesOn, onProgress } = work;
  const { indices } = record;
  const own = batches[Symbol.asyncIterator]();
  try {
    for (;;) {
      const isOver = (ranks?.rank ?? 0) === 0 && indices.length > 0 &&
        goesOn?.(indices) === false;
      const batch = isOver ? right(null) : await nextOf(own);
      if (batch._tag === "Left") return yield batch;
      const met = await metWith(batch.right, record, isOver, work);
      if (met._tag === "Left") return yield met;
      if (!met.right) return;
      if (batch.right !== null) yield right(batch.right);
      onProgress?.(indices.length);
    }
  } finally {
    await own.return?.();
  }
}
