/**
 * Which images a run learns from and by which it is judged.
 *
 * @module
 */
import { left, type Result, right, rootKey } from "../../core/mod.ts";
import {
  type DataError,
  embeddedFashionMnist,
  type ImageSource,
  openSource,
  shareSource,
  splitSource,
} from "../../data/mod.ts";

/** Images to learn from, and labelled ones kept away from learning, if there are any. */
export interface PretrainImages {
  /** Images to learn from. */
  readonly train: ImageSource;
  /** Labelled images that the model never learns from. */
  readonly queries: ImageSource | null;
}

/** Queries held out where the data have no part of their own for judging: a fifth, at most. */
const HELD_OUT = 2000;

/** The share is the same for every run, so that runs can be compared. */
const HOLD_OUT_KEY = rootKey(0);

const limited = (
  source: ImageSource,
  limit: number | null,
): Result<DataError, ImageSource> => {
  if (limit === null) return right(source);
  const share = shareSource(source, limit, HOLD_OUT_KEY);
  return share._tag === "Left"
    ? left({ _tag: "BadOptions", faults: share.left })
    : share;
};

function heldOut(source: ImageSource): Result<DataError, PretrainImages> {
  const count = Math.min(HELD_OUT, Math.floor(source.length / 5));
  if (source.classNames === null || count < 1) {
    return right({ train: source, queries: null });
  }
  const parts = splitSource(source, count, HOLD_OUT_KEY);
  return parts._tag === "Left"
    ? left({ _tag: "BadOptions", faults: parts.left })
    : right({ train: parts.right.rest, queries: parts.right.share });
}

async function opened(
  folder: string | null,
): Promise<Result<DataError, PretrainImages>> {
  if (folder === null) {
    const embedded = await embeddedFashionMnist();
    return embedded._tag === "Left" ? embedded : heldOut(embedded.right);
  }
  const train = await openSource(folder, "train");
  if (train._tag === "Left") return train;
  const test = await openSource(folder, "test");
  const hasOwnTest = test._tag === "Right" &&
    test.right.name !== train.right.name;
  return hasOwnTest
    ? right({
      train: train.right,
      queries: test.right.classNames === null ? null : test.right,
    })
    : heldOut(train.right);
}

/**
 * Opens the images of a run.
 *
 * @param folder What `--data` says, or `null` for the embedded Fashion-MNIST images.
 * @param limit How many images to learn from, or `null` for all.
 */
export async function openImages(
  folder: string | null,
  limit: number | null,
): Promise<Result<DataError, PretrainImages>> {
  const images = await opened(folder);
  if (images._tag === "Left") return images;
  const train = limited(images.right.train, limit);
  return train._tag === "Left"
    ? train
    : right({ ...images.right, train: train.right });
}
