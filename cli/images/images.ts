/** Training and validation images of a run. */
import {
  excerpt,
  type Faults,
  left,
  printable,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  type Background,
  type DataError,
  describeDataError,
  DRAW_KEY,
  embeddedFashionMnist,
  heldOutCount,
  heldOutImages,
  type ImageSource,
  labelledImages,
  noClassesReason,
  openSource,
  selectClasses,
  shareSource,
  type Split,
  type SplitSource,
  splitSource,
  withClassesOf,
} from "../../data/mod.ts";
import type { HeldOut, ImageChoice } from "../../train/mod.ts";
import { waitingFor } from "../output/progress_bar.ts";

/** Training images, and labelled validation images, if there are any. */
export interface PretrainImages {
  readonly train: ImageSource;
  /** Images of the same classes that the model is never trained on. */
  readonly validation: ImageSource | null;
  /** Their description, or the reason why there are none. */
  readonly validationSummary: string;
}

function withLabels(images: PretrainImages): PretrainImages {
  const { train, validation, validationSummary } = images;
  if (validation === null) return images;
  const known = labelledImages(validation);
  if (known.length === 0) return unevaluated(train, "none of them has a class");
  return known.length === validation.length ? images : {
    train,
    validation: known,
    validationSummary:
      `${validationSummary}; ${known.length} of them have a class`,
  };
}

const badOptions = (faults: Faults): Result<DataError, never> =>
  left({ _tag: "BadOptions", faults });

/** A subset of the images, the same one each time. */
export function drawnImages(
  source: ImageSource,
  count: number | null,
  flag: string,
): Result<DataError, ImageSource> {
  if (count === null || count === source.length) return right(source);
  const share = shareSource(source, count, DRAW_KEY);
  if (share._tag === "Right") return share;
  const [fault] = share.left;
  return badOptions([{ ...fault, path: flag }]);
}

const unevaluated = (train: ImageSource, why: string): PretrainImages => ({
  train,
  validation: null,
  validationSummary: `no images: ${why}`,
});

function onClasses(
  names: readonly string[],
  remark: (some: string) => string,
): string {
  if (names.length === 0) return "";
  const some = names.slice(0, 3).map(excerpt).join(", ");
  const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
  return `; ${remark(`${some}${more}`)}`;
}

const partsOf = (
  { share, rest }: SplitSource,
  count: number,
  more: string,
): PretrainImages => ({
  train: rest,
  validation: share,
  validationSummary: `${count} other images, kept away from learning${more}`,
});

function keptAway(
  source: ImageSource,
  count: number,
  draw: HeldOut,
  why: string,
): Result<Faults, PretrainImages> {
  if (draw === "over all") {
    const parts = splitSource(source, count, DRAW_KEY);
    return parts._tag === "Left"
      ? parts
      : right(partsOf(parts.right, count, why));
  }
  const parts = heldOutImages(source, count);
  if (parts._tag === "Left") return parts;
  const { notInShare, notInRest } = parts.right;
  const lacking =
    onClasses(notInShare, (some) => `no image of ${some} among them`) +
    onClasses(notInRest, (some) => `all images of ${some} among them`);
  return right(partsOf(parts.right, count, `${lacking}${why}`));
}

/** Keeps a fifth of the images away from learning. */
function heldOut(
  source: ImageSource,
  draw: HeldOut,
  why: string,
): Result<Faults, PretrainImages> {
  const count = heldOutCount(source.length);
  return count < 1
    ? right(unevaluated(source, "there are too few"))
    : keptAway(source, count, draw, why);
}

/** Validation images of the data's own part, as far as their classes are in the training set. */
function ownValidation(
  train: ImageSource,
  test: ImageSource,
  draw: HeldOut,
): Result<Faults, PretrainImages> {
  const found = withClassesOf(train, test);
  const isSame = found !== null &&
    found.onlyLearned.length + found.onlyValidation.length === 0;
  // Runs from before parts were drawn by class used only equal classes for validation.
  if (found === null || (draw === "over all" && !isSame)) {
    const classes = test.classNames === null ? "no classes" : "other classes";
    return heldOut(train, draw, `; ${test.name} has ${classes}`);
  }
  const { source, onlyLearned, onlyValidation } = found;
  return right({
    train,
    validation: source,
    validationSummary: `${test.name}: ${source.summary}${
      onClasses(onlyLearned, (some) => `no image of ${some} among them`)
    }${
      onClasses(onlyValidation, (some) => `${some} left out, not learned from`)
    }`,
  });
}

/** Finds validation images: labelled, of the same classes, not trained on. */
function withValidation(
  train: ImageSource,
  test: Result<DataError, ImageSource>,
  draw: HeldOut,
): Result<Faults, PretrainImages> {
  if (train.classNames === null) {
    return right(unevaluated(train, noClassesReason(train)));
  }
  if (train.classNames.length < 2) {
    return right(unevaluated(train, "all are of one class"));
  }
  if (test._tag === "Left") {
    return heldOut(train, draw, `; ${describeDataError(test.left)}`);
  }
  return test.right.name === train.name
    ? heldOut(train, draw, "")
    : ownValidation(train, test.right, draw);
}

/** Keeps a chosen part of the images away from learning. */
function shared(
  source: ImageSource,
  share: number,
  draw: HeldOut,
): Result<Faults, PretrainImages> {
  const count = Math.round(share * source.length);
  const images = keptAway(source, count, draw, "");
  if (images._tag === "Right" && source.classNames !== null) return images;
  const wanted = source.classNames === null
    ? "images with classes"
    : "a part that leaves images on both sides";
  const path = "--val-share";
  return left([{ _tag: "Inconsistent", path, found: share, wanted }]);
}

/** The images of a split, of the chosen classes; without a folder the embedded ones. */
export async function openSplit(
  folder: string | null,
  split: Split,
  classes: readonly string[] | null = null,
): Promise<Result<DataError, ImageSource>> {
  const source = folder === null
    ? await embeddedFashionMnist()
    : await waitingFor("opening the images", () => openSource(folder, split));
  return source._tag === "Left" || classes === null
    ? source
    : selectClasses(source.right, classes);
}

/**
 * Choice of classes, of the share held out for validation and of the colour behind
 * transparent parts; by default the share is drawn by class, and alpha is dropped.
 */
export type ValidationChoice =
  & Pick<ImageChoice, "classes" | "valShare">
  & Partial<Pick<ImageChoice, "heldOut" | "background">>
  & {
    /** Permission for the data's own validation part, where they have one; given by default. */
    readonly ownPart?: boolean;
  };

async function opened(
  folder: string | null,
  { classes, valShare, heldOut = "by class", ownPart = true }: ValidationChoice,
): Promise<Result<DataError, PretrainImages>> {
  const train = await openSplit(folder, "train", classes);
  if (train._tag === "Left") return train;
  const images = valShare === null
    ? withValidation(
      train.right,
      ownPart ? await openSplit(folder, "test", classes) : train,
      heldOut,
    )
    : shared(train.right, valShare, heldOut);
  return images._tag === "Left"
    ? badOptions(images.left)
    : right(withLabels(images.right));
}

const onBackground = (
  { train, validation, ...words }: PretrainImages,
  background: Background,
): PretrainImages => ({
  ...words,
  train: { ...train, background },
  validation: validation === null ? null : { ...validation, background },
});

/**
 * Opens the images of a run.
 *
 * @param folder Value of `--data`, or `null` for the embedded Fashion-MNIST images.
 * @param limit Number of training images, or `null` for all.
 * @param choice Classes, the share held out for validation, and the colour behind
 * transparent parts.
 */
export async function openImages(
  folder: string | null,
  limit: number | null,
  choice: ValidationChoice = { classes: null, valShare: null },
): Promise<Result<DataError, PretrainImages>> {
  const found = await opened(folder, choice);
  if (found._tag === "Left") return found;
  const validationSummary = printable(found.right.validationSummary);
  const train = drawnImages(found.right.train, limit, "--limit");
  return train._tag === "Left" ? train : right(onBackground(
    { ...found.right, validationSummary, train: train.right },
    choice.background ?? "none",
  ));
}
