/**
 * What a linear classifier makes of an encoder's features.
 *
 * @module
 */
import type { DeviceTensors } from "../../backends/mod.ts";
import { left, type Result, right } from "../../core/mod.ts";
import {
  disposeAll,
  type EpochFeatures,
  type FeatureSpec,
  initialProbe,
  linearProbe,
  probeAccuracy,
  type ProbeConfig,
  probeIdentity,
  probeLength,
  type TopAccuracies,
  type TrainError,
  uploadEncoder,
} from "../../train/mod.ts";
import { epochFeatures } from "./epoch_features.ts";
import type { Evaluation } from "./open_evaluation.ts";
import { sourceFeatures } from "./source_features.ts";
import {
  type Interrupted,
  startOf,
  type TrainingChoice,
  trainToEnd,
} from "./training_start.ts";

/** What a probe learns from. */
export interface ProbedFeatures {
  /** Which numbers count. */
  readonly feature: FeatureSpec;
  /** Random crops, other ones in every epoch; else the middles, computed once. */
  readonly augment: boolean;
}

/** Features to learn from, and of how many images they are. */
interface Learned {
  readonly features: EpochFeatures;
  readonly samples: number;
}

/** Those of random crops, or of the middles of all images that can be read. */
async function featuresOf(
  evaluation: Evaluation,
  parameters: DeviceTensors,
  { feature, augment }: ProbedFeatures,
  config: ProbeConfig,
): Promise<Result<TrainError, Learned>> {
  if (augment) {
    return right({
      features: epochFeatures(evaluation, parameters, feature, config),
      samples: evaluation.train.length,
    });
  }
  const once = await sourceFeatures(evaluation, parameters, feature, "train");
  return once._tag === "Left" ? once : right({
    features: () => Promise.resolve(once),
    samples: once.right.labels.length,
  });
}

/** Trains and judges a probe on an encoder that is on the device. */
async function probed(
  evaluation: Evaluation,
  parameters: DeviceTensors,
  features: ProbedFeatures,
  config: ProbeConfig,
  choice: TrainingChoice,
): Promise<Result<TrainError, TopAccuracies | Interrupted>> {
  const { backend } = evaluation;
  const learned = await featuresOf(evaluation, parameters, features, config);
  if (learned._tag === "Left") return learned;
  const length = probeLength(config, learned.right.samples);
  if (length._tag === "Left") {
    return left({ _tag: "BadConfig", faults: length.left });
  }
  const identity = probeIdentity(config, length.right.totalSteps);
  const start = await startOf(identity, initialProbe(config), choice.resume);
  if (start._tag === "Left") return start;
  const probe = linearProbe({
    config,
    backend,
    ...learned.right,
    start: start.right,
  });
  if (probe._tag === "Left") return probe;
  const { epochs } = config;
  const done = await trainToEnd(probe.right, { ...choice, identity, epochs });
  if (done._tag === "Left") return done;
  const end = await probe.right.snapshot();
  probe.right.dispose();
  if (end._tag === "Left") return end;
  if (done.right === "interrupted") return right(done.right);
  const { feature } = features;
  const asked = await sourceFeatures(
    evaluation,
    parameters,
    feature,
    "queries",
  );
  return asked._tag === "Left"
    ? asked
    : await probeAccuracy(backend, config, end.right.tensors, asked.right);
}

/**
 * Trains a linear classifier on the features of an encoder, which stays as it is, and
 * judges it.
 *
 * @param evaluation Encoder, images and device.
 * @param features What it learns from.
 * @param config The probe.
 * @param choice Where it starts, where it is kept, what stops it.
 * @returns Accuracies on the images to judge by, or that it was stopped.
 */
export async function probeEncoder(
  evaluation: Evaluation,
  features: ProbedFeatures,
  config: ProbeConfig,
  choice: TrainingChoice,
): Promise<Result<TrainError, TopAccuracies | Interrupted>> {
  const { backend, encoder: { model, parameters } } = evaluation;
  const uploaded = uploadEncoder(backend, model, parameters);
  const found = await probed(evaluation, uploaded, features, config, choice);
  disposeAll(uploaded.values());
  return found;
}
