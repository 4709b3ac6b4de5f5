/**
 * What the steps of a linear probe learn from.
 *
 * @module
 */
import { epochOrder, left, type Result, right } from "../../core/mod.ts";
import type { LabelledFeatures } from "../evaluate/knn.ts";
import type { TrainError } from "../train_error.ts";
import type { ProbeConfig } from "./probe_config.ts";

/** Features of all samples in an epoch; the same ones again where nothing is random. */
export type EpochFeatures = (
  epoch: number,
) => Promise<Result<TrainError, LabelledFeatures>>;

/** Features to learn from. */
export interface ProbedSamples {
  /** Batch size, seed, width and classes. */
  readonly config: ProbeConfig;
  /** How many there are. */
  readonly samples: number;
  /** Their features, asked for once an epoch. */
  readonly features: EpochFeatures;
}

/** Features and classes of a step's samples. */
export interface ProbeBatch {
  readonly features: Float32Array;
  readonly targets: Float32Array;
}

/** Some rows of the features, and their classes as rows with a single 1. */
function batchOf(
  { features, width, labels }: LabelledFeatures,
  classes: number,
  indices: Int32Array,
): ProbeBatch {
  const rows = new Float32Array(indices.length * width);
  const targets = new Float32Array(indices.length * classes);
  indices.forEach((index, i) => {
    rows.set(features.subarray(index * width, (index + 1) * width), i * width);
    targets[i * classes + (labels[index] ?? 0)] = 1;
  });
  return { features: rows, targets };
}

/** Why features are not those of the probe, or `null`. */
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
 * The batches of an epoch, in the order of the seed; the rest that fills none is left out.
 *
 * @param inputs Configuration and features.
 * @param epoch The epoch, from 0.
 * @param fromBatch The first batch.
 */
export async function* epochBatches(
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
