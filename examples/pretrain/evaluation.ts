/**
 * How well neighbours in feature space share a class.
 *
 * @module
 */
import type { DeviceTensors } from "../../backends/mod.ts";
import {
  left,
  type PretrainConfig,
  type Result,
  right,
  rootKey,
} from "../../core/mod.ts";
import {
  type BadImages,
  type Batch,
  type DataError,
  evalTransform,
  type ImageSource,
  labelledImages,
  loadAll,
  shareSource,
} from "../../data/mod.ts";
import {
  disposeState,
  imageFeatures,
  initialSnapshot,
  knnAccuracy,
  type LabelledFeatures,
  type TrainError,
  uploadState,
} from "../../train/mod.ts";
import type { OpenedRun } from "./open_run.ts";

/**
 * Percent of the judging images whose class the weighted vote of their 20
 * nearest neighbours (temperature 0.07) finds; `null` without classes.
 */
export interface Accuracies {
  /** By the encoder's features. */
  readonly knnTop1: number | null;
  /** By those of an encoder with the first values of the seed. */
  readonly knnTop1Untrained: number | null;
  /** By the pixels themselves. */
  readonly knnTop1Pixels: number | null;
}

/** Neighbours are looked for among at most so many images. */
const REFERENCE_IMAGES = 5000;
/** At most so many images are classified. */
const QUERY_IMAGES = 2000;
/** Images at a time, unless a step had fewer: what a step computes surely fits. */
const BATCH = 100;

const batchOf = ({ training }: PretrainConfig): number =>
  Math.min(BATCH, training.batchSize);

/** Turns labelled images into features. */
type Featurize = (
  batches: AsyncIterable<Result<DataError, Batch>>,
) => Promise<Result<TrainError, LabelledFeatures>>;

/** The normalised pixels themselves as features. */
const pixelsOf: Featurize = async (batches) => {
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  for await (const batch of batches) {
    if (batch._tag === "Left") {
      return left({ _tag: "DataFailed", error: batch.left });
    }
    rows.push(batch.right.images);
    labels.push(...batch.right.labels ?? []);
  }
  const length = rows.reduce((sum, row) => sum + row.length, 0);
  const features = new Float32Array(length);
  rows.reduce((at, row) => (features.set(row, at), at + row.length), 0);
  const width = length / labels.length;
  return right({ features, width, labels: Int32Array.from(labels) });
};

const atMost = (source: ImageSource, count: number): ImageSource => {
  const share = shareSource(source, Math.min(count, source.length), rootKey(0));
  return share._tag === "Right" ? share.right : source;
};

/** Percent of the queries whose class is found by their features. */
async function accuracy(
  { images: { train }, config }: OpenedRun,
  queries: ImageSource,
  unreadable: BadImages,
  featurize: Featurize,
): Promise<Result<TrainError, number>> {
  const { imageSize, inChannels } = config.model;
  const { normalization } = train;
  const batchSize = batchOf(config);
  const transform = evalTransform({ imageSize, inChannels, normalization });
  if (transform._tag === "Left") {
    const error: DataError = { _tag: "BadOptions", faults: transform.left };
    return left({ _tag: "DataFailed", error });
  }
  const featuresOf = (source: ImageSource, badImages?: BadImages) =>
    featurize(
      loadAll({ source, transform: transform.right, batchSize, badImages }),
    );
  // Training has listed those that it met.
  const known = await featuresOf(
    atMost(labelledImages(train), REFERENCE_IMAGES),
  );
  if (known._tag === "Left") return known;
  const asked = await featuresOf(atMost(queries, QUERY_IMAGES), unreadable);
  if (asked._tag === "Left") return asked;
  const classes = train.classNames?.length ?? 0;
  return right(100 * knnAccuracy(known.right, asked.right, classes));
}

/**
 * What the encoder of a run is worth, beside itself before the first step and
 * plain pixels.
 *
 * @param opened The run.
 * @param unreadable Where images to judge by are noted that cannot be read.
 */
export async function accuracies(
  opened: OpenedRun,
  unreadable: BadImages,
): Promise<Result<TrainError, Accuracies>> {
  const { images: { queries }, config, backend, run, plan } = opened;
  if (queries === null) {
    return right({
      knnTop1: null,
      knnTop1Untrained: null,
      knnTop1Pixels: null,
    });
  }
  const by = (parameters: DeviceTensors) =>
    accuracy(opened, queries, unreadable, (batches) =>
      imageFeatures(
        backend,
        config.model,
        parameters,
        batches,
        batchOf(config),
      ));
  const trained = await by(run.parameters());
  if (trained._tag === "Left") return trained;
  const first = uploadState(backend, config, initialSnapshot(config, plan));
  const untrained = await by(first.parameters);
  disposeState(first);
  if (untrained._tag === "Left") return untrained;
  const pixels = await accuracy(opened, queries, unreadable, pixelsOf);
  return pixels._tag === "Left" ? pixels : right({
    knnTop1: trained.right,
    knnTop1Untrained: untrained.right,
    knnTop1Pixels: pixels.right,
  });
}
