/**
 * How well neighbours in feature space share a class.
 *
 * @module
 */
import type { Backend, DeviceTensors } from "../../backends/mod.ts";
import {
  left,
  type ModelSpec,
  type Result,
  right,
  rootKey,
} from "../../core/mod.ts";
import {
  type Batch,
  type DataError,
  evalTransform,
  type ImageSource,
  loadAll,
  shareSource,
} from "../../data/mod.ts";
import {
  imageFeatures,
  knnAccuracy,
  type LabelledFeatures,
  type TrainError,
} from "../../train/mod.ts";
import type { PretrainImages } from "./images.ts";

/** Neighbours are looked for among at most so many images. */
const REFERENCE_IMAGES = 5000;
/** At most so many images are classified. */
const QUERY_IMAGES = 2000;
const BATCH = 100;

/** Turns labelled images into features. */
type Featurize = (
  batches: AsyncIterable<Result<DataError, Batch>>,
) => Promise<Result<TrainError, LabelledFeatures>>;

const atMost = (source: ImageSource, count: number): ImageSource => {
  const share = shareSource(source, Math.min(count, source.length), rootKey(0));
  return share._tag === "Right" ? share.right : source;
};

/** The normalised pixels themselves. */
async function pixels(
  batches: AsyncIterable<Result<DataError, Batch>>,
): Promise<Result<TrainError, LabelledFeatures>> {
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  for await (const batch of batches) {
    if (batch._tag === "Left") {
      return left({ _tag: "DataFailed", error: batch.left });
    }
    rows.push(batch.right.images);
    labels.push(...batch.right.labels ?? []);
  }
  const features = new Float32Array(
    rows.reduce((sum, row) => sum + row.length, 0),
  );
  rows.reduce(
    (start, row) => (features.set(row, start), start + row.length),
    0,
  );
  const width = features.length / labels.length;
  return right({ features, width, labels: Int32Array.from(labels) });
}

async function accuracy(
  images: PretrainImages,
  model: ModelSpec,
  featurize: Featurize,
): Promise<Result<TrainError, number | null>> {
  const { train, queries } = images;
  if (queries === null || train.classNames === null) return right(null);
  const transform = evalTransform({
    imageSize: model.imageSize,
    inChannels: model.inChannels,
    normalization: train.normalization,
  });
  if (transform._tag === "Left") {
    return left({
      _tag: "DataFailed",
      error: { _tag: "BadOptions", faults: transform.left },
    });
  }
  const features = (source: ImageSource, count: number) =>
    featurize(
      loadAll({
        source: atMost(source, count),
        transform: transform.right,
        batchSize: BATCH,
      }),
    );
  const known = await features(train, REFERENCE_IMAGES);
  if (known._tag === "Left") return known;
  const asked = await features(queries, QUERY_IMAGES);
  return asked._tag === "Left" ? asked : right(
    100 * knnAccuracy(known.right, asked.right, train.classNames.length),
  );
}

/**
 * Accuracy in percent of the weighted vote of 20 neighbours (temperature 0.07),
 * by the encoder's features of images it never learned from.
 *
 * @returns `null` if the images have no classes.
 */
export function encoderAccuracy(
  images: PretrainImages,
  model: ModelSpec,
  backend: Backend,
  parameters: DeviceTensors,
): Promise<Result<TrainError, number | null>> {
  return accuracy(
    images,
    model,
    (batches) => imageFeatures(backend, model, parameters, batches, BATCH),
  );
}

/** The same by the pixels themselves. */
export function pixelAccuracy(
  images: PretrainImages,
  model: ModelSpec,
): Promise<Result<TrainError, number | null>> {
  return accuracy(images, model, pixels);
}
