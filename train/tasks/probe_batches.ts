/** Batches of a linear probe. */
import {
  epochOrder,
  left,
  type ProbeConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import type { ItemSource } from "../engine/epoch_items.ts";
import type { TrainError } from "../train_error.ts";

/** Labelled points. */
export interface LabelledFeatures {
  /** `[count, width]`, row-major. */
  readonly features: Float32Array;
  /** Width of a feature. */
  readonly width: number;
  /** Class of each row, from 0; −1 for none. */
  readonly labels: Int32Array;
}

/** Features of all samples in an epoch; the same ones again where nothing is random. */
export type EpochFeatures = (
  epoch: number,
) => Promise<Result<TrainError, LabelledFeatures>>;

/** Training features. */
export interface ProbedSamples {
  /** Batch size, seed, width and classes. */
  readonly config: ProbeConfig;
  /** Number of them. */
  readonly samples: number;
  /** Their features, asked for once an epoch. */
  readonly features: EpochFeatures;
}

/** Features and classes of a step's samples. */
export interface ProbeBatch {
  /** Features `[B, width]`. */
  readonly features: Float32Array;
  /** Classes `[B, classes]`, rows with a single 1. */
  readonly targets: Float32Array;
  /** Numbers of the samples. */
  readonly indices: Int32Array;
}

/** Some points, in the order of their numbers. */
export function selectPoints(
  { features, width, labels }: LabelledFeatures,
  indices: Int32Array,
): LabelledFeatures {
  const rows = new Float32Array(indices.length * width);
  indices.forEach((index, i) =>
    rows.set(features.subarray(index * width, (index + 1) * width), i * width)
  );
  return { features: rows, width, labels: indices.map((i) => labels[i] ?? -1) };
}

/** Some rows of the features, and their classes as rows with a single 1. */
function batchOf(
  points: LabelledFeatures,
  classes: number,
  indices: Int32Array,
): ProbeBatch {
  const { features, labels } = selectPoints(points, indices);
  const targets = new Float32Array(indices.length * classes);
  labels.forEach((label, i) => targets[i * classes + label] = 1);
  return { features, targets, indices };
}

/** Reason why features do not fit the probe, or `null`. */
function misfit(
  { config, samples }: ProbedSamples,
  { width, labels }: LabelledFeatures,
): TrainError | null {
  const bad = labels.find((label) => !(label >= 0 && label < config.classes));
  const found = width !== config.width
    ? ["width", width, String(config.width)] as const
    : labels.length !== samples
    ? ["samples", labels.length, String(samples)] as const
    : bad !== undefined
    ? ["labels", bad, `classes from 0 to ${config.classes - 1}`] as const
    : null;
  if (found === null) return null;
  const [path, value, wanted] = found;
  const fault = { _tag: "Inconsistent", path, found: value, wanted } as const;
  return { _tag: "BadConfig", faults: [fault] };
}

/**
 * The batches of each epoch, in the order of the seed; the rest that fills none is left
 * out.
 *
 * @returns Batch source for `train` with a `probeTask`.
 */
export function probeBatches(samples: ProbedSamples): ItemSource<ProbeBatch> {
  return (epoch, fromBatch) => epochBatches(samples, epoch, fromBatch);
}

async function* epochBatches(
  inputs: ProbedSamples,
  epoch: number,
  fromBatch: number,
): AsyncGenerator<Result<TrainError, ProbeBatch>> {
  const { config, samples } = inputs;
  const features = await inputs.features(epoch);
  if (features._tag === "Left") return yield features;
  const bad = misfit(inputs, features.right);
  if (bad !== null) return yield left(bad);
  const order = epochOrder(config.seed, epoch, samples);
  const size = config.batchSize;
  for (let k = fromBatch; (k + 1) * size <= samples; k++) {
    const indices = order.subarray(k * size, (k + 1) * size);
    yield right(batchOf(features.right, config.classes, indices));
  }
}
