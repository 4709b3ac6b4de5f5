/** Training and validation images. */
import { left, type Result, right } from "../../core/mod.ts";
import {
  type DataError,
  DRAW_KEY,
  type ImageSource,
  labelledImages,
  noClassesReason,
  splitSource,
} from "../../data/mod.ts";
import type { ImageChoice } from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { describeImages } from "../command/describe_errors.ts";
import { drawnImages, openSplit } from "../images/images.ts";

/** Images of a training. */
export interface ClassicImages {
  /** Training images. */
  readonly train: ImageSource;
  /** Validation images; none of them is trained on. */
  readonly validation: ImageSource;
}

/** Of so many images one is held out for validation: 5,000 of CIFAR's 50,000. */
const KEPT_OF = 10;

const inconsistent = (
  path: string,
  found: unknown,
  wanted: string,
): Result<DataError, never> =>
  left({
    _tag: "BadOptions",
    faults: [{ _tag: "Inconsistent", path, found, wanted }],
  });

/** The test images, where there are some beside the training images. */
async function validationByTest(
  train: ImageSource,
  folder: string | null,
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

function validationByTenth(
  train: ImageSource,
): Result<DataError, ClassicImages> {
  const count = Math.floor(train.length / KEPT_OF);
  const parts = splitSource(train, count, DRAW_KEY);
  return parts._tag === "Left"
    ? left({ _tag: "BadOptions", faults: parts.left })
    : right({ train: parts.right.rest, validation: parts.right.share });
}

/**
 * Opens the images of a training.
 *
 * @param choice Their location, the number to train on, and the colour behind
 * transparent parts.
 * @param byTest True if the test images are the validation set, not a tenth of the training images.
 * @throws {CommandFailed} where there are no such images.
 */
export async function classicImages(
  { data, limit, background }: Pick<
    ImageChoice,
    "data" | "limit" | "background"
  >,
  byTest: boolean,
): Promise<ClassicImages> {
  const source = must(await openSplit(data, "train"), describeImages);
  if (source.classNames === null) {
    const found = `${source.name}: ${noClassesReason(source)}`;
    const refused = inconsistent("--data", found, "images with classes");
    return must(refused, describeImages);
  }
  const known = labelledImages(source);
  const images = byTest
    ? await validationByTest(known, data)
    : validationByTenth(known);
  const { train, validation } = must(images, describeImages);
  const drawn = drawnImages(train, limit, "--limit");
  return {
    train: { ...must(drawn, describeImages), background },
    validation: { ...validation, background },
  };
}
