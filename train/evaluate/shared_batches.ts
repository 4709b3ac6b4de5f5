/** Images in order as several ranks load them, and those that none of them could read. */
import { left, type Result, right } from "../../core/mod.ts";
import {
  type BadImages,
  badImages,
  type Batch,
  type DataError,
  loadAll,
  type LoadAllOptions,
} from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { toldByAll } from "../ranks/told_by_all.ts";
import type { TrainError } from "../train_error.ts";

/** The batches of a rank. */
export interface SharedBatches {
  /** Every `R`-th batch of all images; all of them for one process. */
  readonly batches: AsyncIterable<Result<DataError, Batch>>;
  /**
   * Notes on every rank the images that any of them could not read, once the batches were
   * used.
   *
   * @param found What they were used for.
   * @returns The same; or the error that too many could not be read.
   */
  noted<A>(found: Result<TrainError, A>): Promise<Result<TrainError, A>>;
}

/** Notes what all ranks have noted by themselves, in the order of the source. */
async function noteAll(
  ranks: Ranks,
  own: BadImages,
  all: BadImages,
): Promise<Result<TrainError, void>> {
  const what = "the images that could not be read";
  const heard = await toldByAll(ranks, own.list(), what);
  if (heard._tag === "Left") return heard;
  const bad = heard.right.flat().toSorted((a, b) => a.index - b.index);
  const tooMany = bad.map(all.note).find((error) => error !== null);
  return tooMany === undefined
    ? right(undefined)
    : left({ _tag: "DataFailed", error: tooMany });
}

/**
 * All images in order, as far as a rank evaluates them.
 *
 * @param options The images; `badImages` is the list that all ranks keep.
 * @param ranks The ranks; `null` where one process loads all.
 */
export function sharedBatches(
  { badImages: all, ...options }: LoadAllOptions,
  ranks: Ranks | null,
): SharedBatches {
  const noted = all ?? badImages(options.source.length);
  if (ranks === null) {
    const batches = loadAll({ ...options, badImages: noted });
    return { batches, noted: (found) => Promise.resolve(found) };
  }
  const { rank, size } = ranks;
  const own = badImages(options.source.length);
  return {
    batches: loadAll({ ...options, badImages: own, turn: { rank, size } }),
    noted: async (found) => {
      if (found._tag === "Left") return found;
      const told = await noteAll(ranks, own, noted);
      return told._tag === "Left" ? told : found;
    },
  };
}
