/**
 * What a linear classifier makes of an encoder's features.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import type { DeviceTensors } from "../../backends/mod.ts";
import { left, type Result, right } from "../../core/mod.ts";
import {
  chosenRate,
  decodeSafetensors,
  disposeAll,
  type EpochFeatures,
  type FeatureSpec,
  type HostTensors,
  initialProbe,
  type LabelledFeatures,
  probeAccuracy,
  probeBatches,
  type ProbeConfig,
  probePlan,
  type ProbeSweep,
  probeTask,
  type Snapshot,
  sweepProbe,
  type TopAccuracies,
  train as startTraining,
  type TrainError,
  uploadEncoder,
} from "../../train/mod.ts";
import { underBar } from "../output/progress_bar.ts";
import { epochFeatures } from "./epoch_features.ts";
import type { Evaluation } from "./open_evaluation.ts";
import { percent } from "./judgement.ts";
import { sourceFeatures } from "./source_features.ts";
import {
  type Interrupted,
  startOf,
  type TrainingChoice,
  trainToEnd,
} from "./training_start.ts";

/** What a probe learns from, and how fast. */
export interface ProbedFeatures {
  /** Which numbers count. */
  readonly feature: FeatureSpec;
  /** Random crops, other ones in every epoch; else the middles, computed once. */
  readonly augment: boolean;
  /** Whether the base rate is chosen on images that are held out; else it is the configuration's. */
  readonly isSwept?: boolean;
}

/** What a probe came to. */
export interface ProbeFound extends TopAccuracies {
  /** Its base rate. */
  readonly baseRate: number;
  /** The rates that were tried for it; `null` if none were. */
  readonly sweep: ProbeSweep | null;
  /** Mean loss over its last epoch; `null` if that was done before. */
  readonly loss: number | null;
}

/**
 * How the rate of a probe was found.
 *
 * @returns A line, or `null` if it was given.
 */
export function describeRate({ baseRate, sweep }: ProbeFound): string | null {
  if (sweep === null) return null;
  const best = sweep.rates.find((rate) => rate.baseRate === baseRate);
  return best === undefined
    ? `rate: blr ${baseRate}; each class has a single image, so none could be held out to choose it`
    : `rate: blr ${baseRate}, the best of ${
      sweep.rates.map((rate) => rate.baseRate).join(", ")
    } on ${sweep.heldOut} images held out (${percent(best.top1)} there)`;
}

/** An encoder on the device and the middles of the images by it. */
interface Encoded {
  readonly parameters: DeviceTensors;
  /** Those to learn from; `null` if random crops are learned from at a given rate. */
  readonly known: LabelledFeatures | null;
  /** Those to judge by. */
  readonly asked: LabelledFeatures;
}

/** Reads every image once for all encoders. */
async function encodedBy(
  evaluation: Evaluation,
  encoders: readonly DeviceTensors[],
  { feature, augment, isSwept }: ProbedFeatures,
  choice: TrainingChoice,
): Promise<Result<TrainError, readonly Encoded[]>> {
  const featuresOf = (which: "train" | "queries") =>
    sourceFeatures(evaluation, encoders, feature, which, choice);
  const known = augment && !isSwept ? right(null) : await featuresOf("train");
  if (known._tag === "Left") return known;
  const asked = await featuresOf("queries");
  return asked._tag === "Left" ? asked : right(
    asked.right.flatMap((queries, k) => {
      const parameters = encoders[k];
      return parameters === undefined ? [] : [{
        parameters,
        known: known.right?.[k] ?? null,
        asked: queries,
      }];
    }),
  );
}

/** The base rate of a probe that was begun before, if its file says one. */
async function storedRate(path: string): Promise<number | null> {
  const bytes = await readFile(path).catch(() => null);
  const file = bytes === null ? null : decodeSafetensors(bytes);
  if (file === null || file._tag === "Left") return null;
  try {
    const { baseRate } = JSON.parse(file.right.metadata["config"] ?? "null");
    return typeof baseRate === "number" ? baseRate : null;
  } catch {
    return null;
  }
}

/** The configuration with the rate that was chosen, and what it was chosen from. */
interface Rated {
  readonly config: ProbeConfig;
  readonly sweep: ProbeSweep | null;
}

/** Chooses the rate on images that are held out; one that was begun before keeps its own. */
async function rated(
  { backend }: Evaluation,
  features: LabelledFeatures,
  config: ProbeConfig,
  choice: TrainingChoice,
): Promise<Result<TrainError, Rated>> {
  const { resume } = choice;
  if (resume !== undefined) {
    const baseRate = await storedRate(resume) ?? config.baseRate;
    return right({ config: { ...config, baseRate }, sweep: null });
  }
  const plan = probePlan(config, features.labels.length);
  if (plan._tag === "Left") {
    return left({ _tag: "BadConfig", faults: plan.left });
  }
  const { totalSteps } = plan.right;
  const sweep = await underBar(choice, "steps of all rates", totalSteps, (
    options,
  ) => sweepProbe({ config, backend, features }, options));
  if (sweep._tag === "Left") return sweep;
  const { baseRate } = chosenRate(sweep.right) ?? config;
  return right({ config: { ...config, baseRate }, sweep: sweep.right });
}

/** Features to learn from, and of how many images they are. */
function learnedBy(
  evaluation: Evaluation,
  { parameters, known }: Encoded,
  { feature, augment }: ProbedFeatures,
  config: ProbeConfig,
  { signal }: TrainingChoice,
): { readonly features: EpochFeatures; readonly samples: number } {
  return augment || known === null
    ? {
      features: epochFeatures(evaluation, parameters, feature, config, signal),
      samples: evaluation.train.length,
    }
    : {
      features: () => Promise.resolve(right(known)),
      samples: known.labels.length,
    };
}

/** A probe at its end. */
interface ProbeEnd {
  readonly snapshot: Snapshot;
  /** Mean loss over its last epoch, if it was trained now. */
  readonly loss: number | null;
}

/** Trains a probe on the features of one encoder. */
async function trained(
  evaluation: Evaluation,
  encoded: Encoded,
  features: ProbedFeatures,
  config: ProbeConfig,
  choice: TrainingChoice,
): Promise<Result<TrainError, ProbeEnd | Interrupted>> {
  const { backend } = evaluation;
  const learned = learnedBy(evaluation, encoded, features, config, choice);
  const plan = probePlan(config, learned.samples);
  if (plan._tag === "Left") {
    return left({ _tag: "BadConfig", faults: plan.left });
  }
  const identity = probeTask({ config, plan: plan.right });
  const first = initialProbe(config);
  const start = await startOf(identity, first, choice.resume);
  if (start._tag === "Left") return start;
  const probe = startTraining(identity, {
    backend,
    batches: probeBatches({ config, ...learned }),
    start: start.right,
    signal: choice.signal,
  });
  let loss: number | null = null;
  const atEpoch = (mean: number) => {
    loss = mean;
    return Promise.resolve(right(""));
  };
  const { epochs } = config;
  const tale = { ...choice, identity, epochs, atEpoch };
  const done = await trainToEnd(probe, tale);
  const end = done._tag === "Left" ? done : await probe.snapshot();
  probe.dispose();
  if (done._tag === "Left") return done;
  if (end._tag === "Left") return end;
  return done.right === "interrupted"
    ? right(done.right)
    : right({ snapshot: end.right, loss });
}

/** Chooses a rate for a probe if that is wanted, trains it and judges it. */
async function probed(
  evaluation: Evaluation,
  encoded: Encoded,
  features: ProbedFeatures,
  given: ProbeConfig,
  choice: TrainingChoice,
): Promise<Result<TrainError, ProbeFound | Interrupted>> {
  const { known, asked } = encoded;
  const chosen = features.isSwept && known !== null
    ? await rated(evaluation, known, given, choice)
    : right({ config: given, sweep: null });
  if (chosen._tag === "Left") return chosen;
  const { config, sweep } = chosen.right;
  const end = await trained(evaluation, encoded, features, config, choice);
  if (end._tag === "Left") return end;
  if (end.right === "interrupted") return right(end.right);
  const { snapshot, loss } = end.right;
  const { backend } = evaluation;
  const found = await probeAccuracy(backend, config, snapshot, asked);
  const { baseRate } = config;
  return found._tag === "Left"
    ? found
    : right({ ...found.right, baseRate, sweep, loss });
}

/**
 * Trains a linear classifier on the features of each of several encoders, which stay as
 * they are, and judges it. Each image is read once for all of them, unless random crops
 * are learned from.
 *
 * @param evaluation Images, device, and the sizes of all encoders.
 * @param encoders Their parameters.
 * @param features What a probe learns from.
 * @param config The probe.
 * @param choice Where the first one starts and where it is kept; what stops them.
 * @returns What each probe came to, or that they were stopped.
 */
export async function probeEncoders(
  evaluation: Evaluation,
  encoders: readonly HostTensors[],
  features: ProbedFeatures,
  config: ProbeConfig,
  choice: TrainingChoice,
): Promise<Result<TrainError, readonly ProbeFound[] | Interrupted>> {
  const { backend, encoder: { model } } = evaluation;
  const uploaded = encoders.map((set) => uploadEncoder(backend, model, set));
  try {
    const encoded = await encodedBy(evaluation, uploaded, features, choice);
    if (encoded._tag === "Left") return encoded;
    const all: ProbeFound[] = [];
    for (const [k, one] of encoded.right.entries()) {
      const own = k === 0
        ? choice
        : { ...choice, output: undefined, resume: undefined, say: () => {} };
      const found = await probed(evaluation, one, features, config, own);
      if (found._tag === "Left") return found;
      if (found.right === "interrupted") return right(found.right);
      all.push(found.right);
    }
    return right(all);
  } finally {
    for (const encoder of uploaded) disposeAll(encoder.values());
  }
}
