/**
 * Images to learn from and images to judge by.
 *
 * @module
 */
import { left, type Result, right, rootKey } from "../../core/mod.ts";
import {
  type DataError,
  embeddedFashionMnist,
  type ImageSource,
  labelledImages,
  noClassesReason,
  openSource,
  shareSource,
  type Split,
  splitSource,
} from "../../data/mod.ts";
import type { ClassicValues } from "./classic_flags.ts";

/** Images of a training. */
export interface ClassicImages {
  /** To learn from. */
  readonly train: ImageSource;
  /** To judge by; none of them is learned from. */
  readonly validation: ImageSource;
}

/** The share is the same for every run, so that runs can be compared. */
const HOLD_OUT_KEY = rootKey(0);

/** Of so many images one is kept to judge by: 5,000 of CIFAR's 50,000. */
const KEPT_OF = 10;

const openSplit = (
  folder: string | undefined,
  split: Split,
): Promise<Result<DataError, ImageSource>> =>
  folder === undefined ? embeddedFashionMnist() : openSource(folder, split);

const inconsistent = (
  path: string,
  found: unknown,
  wanted: string,
): Result<DataError, never> =>
  left({
    _tag: "BadOptions",
    faults: [{ _tag: "Inconsistent", path, found, wanted }],
  });

/** The test images, where there are some beside those to learn from. */
async function judgedByTest(
  train: ImageSource,
  folder: string | undefined,
): Promise<Result<DataError, ClassicImages>> {
  const test = await openSplit(folder, "test");
  if (test._tag === "Left") return test;
  const { name, classNames } = test.right;
  if (name === train.name) {
    return inconsistent("--validate-test", name, "images with a test part");
  }
  if (JSON.stringify(classNames) !== JSON.stringify(train.classNames)) {
    const found = `${name} with other classes`;
    return inconsistent("--validate-test", found, "the classes learned");
  }
  return right({ train, validation: labelledImages(test.right) });
}

function judgedByTenth(train: ImageSource): Result<DataError, ClassicImages> {
  const count = Math.floor(train.length / KEPT_OF);
  const parts = splitSource(train, count, HOLD_OUT_KEY);
  return parts._tag === "Left"
    ? left({ _tag: "BadOptions", faults: parts.left })
    : right({ train: parts.right.rest, validation: parts.right.share });
}

/**
 * Opens the images of a training.
 *
 * @param values Flags as they were given.
 */
export async function classicImages(
  values: ClassicValues,
): Promise<Result<DataError, ClassicImages>> {
  const { data, limit } = values;
  const source = await openSplit(data, "train");
  if (source._tag === "Left") return source;
  if (source.right.classNames === null) {
    const found = `${source.right.name}: ${noClassesReason(source.right)}`;
    return inconsistent("--data", found, "images with classes");
  }
  const known = labelledImages(source.right);
  const images = values["validate-test"]
    ? await judgedByTest(known, data)
    : judgedByTenth(known);
  if (images._tag === "Left" || limit === undefined) return images;
  const train = shareSource(images.right.train, limit, HOLD_OUT_KEY);
  if (train._tag === "Right") {
    return right({ ...images.right, train: train.right });
  }
  const [fault] = train.left;
  return left({ _tag: "BadOptions", faults: [{ ...fault, path: "--limit" }] });
}
