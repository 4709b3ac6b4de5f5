/** Classes of pictures. */
import {
  imageClassifierGraph,
  left,
  type Result,
  right,
} from "../../core/mod.ts";
import type { TrainError } from "../train_error.ts";
import type { OpenedClassifier } from "../weights/classifier/classifier_parts.ts";
import {
  type PictureModel,
  type PictureOptions,
  type PictureRows,
  pictureRows,
  type UnreadablePicture,
} from "./picture_rows.ts";
import { uploadClassifier } from "./upload_classifier.ts";
import { type Pictures, preparedPictures } from "./prepared_pictures.ts";

/** A class that a picture may be of. */
export interface NamedClass {
  /** Its name. */
  readonly name: string;
  /** Its probability in `[0, 1]`; those of all classes sum to 1. */
  readonly probability: number;
}

/** The classes of a picture. */
export interface Prediction {
  /** Name of the picture, for a file its path. */
  readonly path: string;
  /** The likeliest classes, likeliest first; of equally likely ones the earlier. */
  readonly classes: readonly NamedClass[];
}

/** Options of naming classes. */
export interface PredictOptions extends PictureOptions {
  /** Classes to name for each picture, `≥ 1`; all by default, and no more than there are. */
  readonly top?: number;
}

/** Classes of pictures. */
export interface Predictions {
  /** The pictures that could be read, in their order. */
  readonly predictions: readonly Prediction[];
  /** The pictures that could not. */
  readonly errors: readonly UnreadablePicture[];
}

/** Probabilities of classes with these scores: `exp(s) / Σ exp(s)`. */
function probabilities(scores: Float32Array): readonly number[] {
  const most = Math.max(...scores);
  const powers = Array.from(scores, (score) => Math.exp(score - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** The likeliest classes of a picture with these scores. */
function likeliest(
  scores: Float32Array,
  classNames: readonly string[],
  top: number,
): readonly NamedClass[] {
  return probabilities(scores)
    .map((probability, k) => ({ name: classNames[k] ?? "", probability }))
    .toSorted((a, b) => b.probability - a.probability)
    .slice(0, top);
}

/** The graph of a classifier's scores and its parameters. */
const pictureModel = (classifier: OpenedClassifier): PictureModel => ({
  graphAt: (batch) => imageClassifierGraph(classifier, batch),
  upload: (backend) => uploadClassifier(backend, classifier),
});

/** Classes of the pictures of a batch, or why they could not be read. */
function named(
  { rows, width, pictures }: PictureRows,
  { classNames }: OpenedClassifier,
  top: number,
): readonly (Prediction | UnreadablePicture)[] {
  let row = 0;
  return pictures.map(({ path, reason }) => {
    if (reason !== null) return { path, reason };
    const scores = rows.subarray(row * width, (row + 1) * width);
    row++;
    return { path, classes: likeliest(scores, classNames, top) };
  });
}

/**
 * Names the classes of pictures batch by batch, in their order, so that what is known can
 * be used before all is; else as `predict`.
 *
 * @returns The classes of each picture of a batch, or why it could not be read; or the error
 * that ends them.
 */
export async function* predictBatches(
  classifier: OpenedClassifier,
  pictures: Pictures,
  options: PredictOptions = {},
): AsyncGenerator<
  Result<TrainError, readonly (Prediction | UnreadablePicture)[]>,
  void
> {
  const { top = classifier.classNames.length } = options;
  if (!(Number.isInteger(top) && top >= 1)) {
    const wanted = "a whole number of at least 1";
    return yield left({
      _tag: "BadConfig",
      faults: [{ _tag: "OutOfRange", path: "top", found: top, wanted }],
    });
  }
  const prepared = await preparedPictures(pictures, classifier);
  if (prepared._tag === "Left") return yield prepared;
  const model = pictureModel(classifier);
  for await (const batch of pictureRows(prepared.right, model, options)) {
    yield batch._tag === "Left"
      ? batch
      : right(named(batch.right, classifier, top));
  }
}

/**
 * Names the classes of pictures, which are opened and made ready as those were that the
 * classifier learned from: size, normalisation, background.
 *
 * @param classifier The classifier, from `openClassifier`.
 * @param pictures Files and folders, as `openPictures` takes them, or a source.
 * @param options Classes to name, engine, pictures at a time, progress, stop.
 * @returns The likeliest classes of each picture, or the first error; a picture that cannot
 * be read is none.
 */
export async function predict(
  classifier: OpenedClassifier,
  pictures: Pictures,
  options: PredictOptions = {},
): Promise<Result<TrainError, Predictions>> {
  const predictions: Prediction[] = [];
  const errors: UnreadablePicture[] = [];
  for await (const batch of predictBatches(classifier, pictures, options)) {
    if (batch._tag === "Left") return batch;
    for (const one of batch.right) {
      if ("reason" in one) errors.push(one);
      else predictions.push(one);
    }
  }
  return right({ predictions, errors });
}
