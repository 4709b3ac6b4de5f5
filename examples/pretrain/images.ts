/**
 * Which images a run learns from and by which it is judged.
 *
 * @module
 */
import {
  type Faults,
  left,
  type Result,
  right,
  rootKey,
} from "../../core/mod.ts";
import {
  type DataError,
  describeDataError,
  embeddedFashionMnist,
  type ImageSource,
  labelledImages,
  noClassesReason,
  openSource,
  selectClasses,
  shareSource,
  type Split,
  splitSource,
} from "../../data/mod.ts";
import { namedByFlags } from "../config_from_flags.ts";
import type { ImageChoice } from "./images_file.ts";

/** Images to learn from, and labelled ones kept away from learning, if there are any. */
export interface PretrainImages {
  /** Images to learn from. */
  readonly train: ImageSource;
  /** Images of the same classes that the model never learns from. */
  readonly queries: ImageSource | null;
  /** Which these are, or why there are none; in words. */
  readonly judgedBy: string;
}

/** Judges by no other images than those with a label. */
function withLabels(images: PretrainImages): PretrainImages {
  const { train, queries, judgedBy } = images;
  if (queries === null) return images;
  const known = labelledImages(queries);
  if (known.length === 0) return unjudged(train, "none of them has a class");
  return known.length === queries.length ? images : {
    train,
    queries: known,
    judgedBy: `${judgedBy}; ${known.length} of them have a class`,
  };
}

/** Queries held out where the data have no part of their own for judging: a fifth, at most. */
const HELD_OUT = 2000;

/** The share is the same for every run, so that runs can be compared. */
const HOLD_OUT_KEY = rootKey(0);

const unjudged = (train: ImageSource, why: string): PretrainImages => ({
  train,
  queries: null,
  judgedBy: `no images: ${why}`,
});

/** Keeps a fifth of the images away from learning. */
function heldOut(
  source: ImageSource,
  why: string,
): Result<Faults, PretrainImages> {
  const count = Math.min(HELD_OUT, Math.floor(source.length / 5));
  if (count < 1) return right(unjudged(source, "there are too few"));
  const parts = splitSource(source, count, HOLD_OUT_KEY);
  return parts._tag === "Left" ? parts : right({
    train: parts.right.rest,
    queries: parts.right.share,
    judgedBy: `${count} other images, kept away from learning${why}`,
  });
}

const sameClasses = (a: ImageSource, b: ImageSource): boolean =>
  JSON.stringify(a.classNames) === JSON.stringify(b.classNames);

/** Finds images by which features can be judged: labelled, of the same classes, not learned from. */
function withJudges(
  train: ImageSource,
  test: Result<DataError, ImageSource>,
): Result<Faults, PretrainImages> {
  if (train.classNames === null) {
    return right(unjudged(train, noClassesReason(train)));
  }
  if (train.classNames.length < 2) {
    return right(unjudged(train, "all are of one class"));
  }
  if (test._tag === "Left") {
    return heldOut(train, `; ${describeDataError(test.left)}`);
  }
  if (test.right.name === train.name) return heldOut(train, "");
  if (!sameClasses(train, test.right)) {
    return heldOut(train, `; ${test.right.name} has other classes`);
  }
  const judgedBy = `${test.right.name}: ${test.right.summary}`;
  return right({ train, queries: test.right, judgedBy });
}

/** Keeps a chosen part of the images away from learning. */
function shared(
  source: ImageSource,
  share: number,
): Result<Faults, PretrainImages> {
  const count = Math.round(share * source.length);
  const parts = splitSource(source, count, HOLD_OUT_KEY);
  if (parts._tag === "Left" || source.classNames === null) {
    const wanted = source.classNames === null
      ? "images with classes"
      : "a part that leaves images on both sides";
    const path = "--val-share";
    return left([{ _tag: "Inconsistent", path, found: share, wanted }]);
  }
  return right({
    train: parts.right.rest,
    queries: parts.right.share,
    judgedBy: `${count} other images, kept away from learning`,
  });
}

/** The images of a split, of the chosen classes. */
async function openSplit(
  folder: string | null,
  split: Split,
  classes: readonly string[] | null,
): Promise<Result<DataError, ImageSource>> {
  const source = folder === null
    ? await embeddedFashionMnist()
    : await openSource(folder, split);
  if (source._tag === "Left" || classes === null) return source;
  const chosen = selectClasses(source.right, classes);
  return chosen._tag === "Left" && chosen.left._tag === "BadOptions"
    ? left({ _tag: "BadOptions", faults: namedByFlags(chosen.left.faults) })
    : chosen;
}

async function opened(
  folder: string | null,
  { classes, valShare }: Pick<ImageChoice, "classes" | "valShare">,
): Promise<Result<DataError, PretrainImages>> {
  const train = await openSplit(folder, "train", classes);
  if (train._tag === "Left") return train;
  const images = valShare === null
    ? withJudges(train.right, await openSplit(folder, "test", classes))
    : shared(train.right, valShare);
  return images._tag === "Left"
    ? left({ _tag: "BadOptions", faults: images.left })
    : right(withLabels(images.right));
}

/**
 * Opens the images of a run.
 *
 * @param folder What `--data` says, or `null` for the embedded Fashion-MNIST images.
 * @param limit How many images to learn from, or `null` for all.
 * @param choice Which classes, and which part is kept to judge by.
 */
export async function openImages(
  folder: string | null,
  limit: number | null,
  choice: Pick<ImageChoice, "classes" | "valShare"> = {
    classes: null,
    valShare: null,
  },
): Promise<Result<DataError, PretrainImages>> {
  const images = await opened(folder, choice);
  if (images._tag === "Left" || limit === null) return images;
  const train = shareSource(images.right.train, limit, HOLD_OUT_KEY);
  if (train._tag === "Right") {
    return right({ ...images.right, train: train.right });
  }
  const [fault] = train.left;
  return left({
    _tag: "BadOptions",
    faults: [{ ...fault, path: "--limit" }],
  });
}
