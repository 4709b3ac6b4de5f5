/** The micro-batches of a training, epoch after epoch. */
import type { Backend } from "../../backends/backend.ts";
import { type Result, right } from "../../core/mod.ts";
import type { DataError, StepRows } from "../../data/mod.ts";
import type { TrainError } from "../train_error.ts";
import { type StepShare, wholeBatch } from "./share.ts";
import { epochSteps, type Placed, type Task } from "./task.ts";

/** Form of the pixels of samples: numbers, or levels in bytes that stand for them. */
export type PixelForm = "numbers" | "levels";

/**
 * The micro-batches of an epoch from one of them on, in the order of the seed; with `rows`,
 * those of one of several ranks, which have its samples alone, and are counted. A training
 * asks for levels where its task (`Task.takesLevels`) and its engine
 * (`Backend.uploadPixels`) take them; a source without any gives numbers.
 */
export type ItemSource<Item> = (
  epoch: number,
  fromItem: number,
  pixels?: PixelForm,
  rows?: StepRows,
) => AsyncIterable<Result<TrainError | DataError, Item>>;

/** Micro-batches still to come in an epoch. */
export type ItemIterator<Item> = AsyncIterator<
  Result<TrainError | DataError, Item>
>;

/**
 * A source that is asked for the form of pixels that a task and an engine take best.
 *
 * @param rows The samples of one of several ranks; by default all.
 */
export function sourceFor<Item>(
  source: ItemSource<Item>,
  { takesLevels = false }: Pick<Task<Item>, "takesLevels">,
  { uploadPixels }: Pick<Backend, "uploadPixels">,
  rows?: StepRows,
): ItemSource<Item> {
  const isTaken = takesLevels && uploadPixels !== undefined;
  const pixels = isTaken ? "levels" : "numbers";
  return (epoch, fromItem) => source(epoch, fromItem, pixels, rows);
}

/** Place of the first micro-batch of a step. */
interface ItemPlace {
  /** Its epoch. */
  readonly epoch: number;
  /** Its number in the epoch. */
  readonly first: number;
}

/** The place of the first micro-batch of a step. */
export function placeOf(
  task: Pick<Task<unknown>, "plan" | "training">,
  step: number,
): ItemPlace {
  const length = epochSteps(task);
  const epoch = Math.floor(step / length);
  return { epoch, first: (step - epoch * length) * task.training.accumIter };
}

/** The micro-batches of a step with their places. */
export async function* placedItems<Item>(
  source: ItemSource<Item>,
  { epoch, first }: ItemPlace,
  share: StepShare,
): AsyncGenerator<Result<TrainError | DataError, Placed<Item>>> {
  let k = first;
  for await (const item of source(epoch, first)) {
    const place = wholeBatch(share, k++);
    yield item._tag === "Left"
      ? item
      : right({ item: item.right, epoch, place });
  }
}

/** An open source: one epoch at a time. */
export interface EpochItems<Item> {
  /** The micro-batches still to come, from a place on in which those before have ended. */
  at(place: ItemPlace): Promise<ItemIterator<Item>>;
  /** Closes the source. */
  close(): Promise<void>;
}

/** Opens a source, which is asked for an epoch when its first step needs it. */
export function epochItems<Item>(source: ItemSource<Item>): EpochItems<Item> {
  let open:
    | { readonly epoch: number; readonly items: ItemIterator<Item> }
    | null = null;
  const close = async (): Promise<void> => {
    const ended = open;
    open = null;
    await ended?.items.return?.();
  };
  return {
    at: async ({ epoch, first }) => {
      if (open?.epoch === epoch) return open.items;
      await close();
      const items = source(epoch, first)[Symbol.asyncIterator]();
      open = { epoch, items };
      return items;
    },
    close,
  };
}
