/** Linear probes of an encoder's features. */
import { readFile } from "node:fs/promises";
import type { Backend, DeviceTensors } from "../../backends/mod.ts";
import {
  type ProbeConfig,
  probePlan,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  chosenRate,
  classLoss,
  decodeSafetensors,
  type EpochFeatures,
  type FeatureSpec,
  initialProbe,
  type LabelledFeatures,
  probeAccuracy,
  probeBatches,
  type ProbeRun,
  type ProbeSweep,
  probeTask,
  type Scores,
  stepFlops,
  sweepProbe,
  type TopAccuracies,
  train as startTraining,
  type TrainError,
  type Training,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import type { RunLoading } from "../images/loading.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import { percent } from "../output/words.ts";
import type { Evaluator } from "../runs/epoch_evaluation.ts";
import type { PlannedRun } from "../runs/planned_run.ts";
import { epochFeatures } from "./epoch_features.ts";
import type { Evaluation } from "./open_evaluation.ts";
import { sourceFeatures } from "./features.ts";

/** Features that a probe is trained on, and its learning rate. */
export interface ProbedFeatures {
  /** The feature's definition. */
  readonly feature: FeatureSpec;
  /** Random crops, other ones in every epoch; else the middles, computed once. */
  readonly augment: boolean;
  /** True if the base rate is chosen on held-out images; else it is the configuration's. */
  readonly isSwept: boolean;
}

/** An encoder on the device and the middles of the images by it. */
export interface Encoded {
  readonly parameters: DeviceTensors;
  /** Training features; `null` if the probe is trained on random crops at a given rate. */
  readonly known: LabelledFeatures | null;
  /** Validation features. */
  readonly asked: LabelledFeatures;
}

/** Result of a probe. */
export interface ProbeFound extends TopAccuracies {
  /** Its base rate. */
  readonly baseRate: number;
  /** The rates that were tried for it; `null` if none were. */
  readonly sweep: ProbeSweep | null;
  /** Mean loss over its last epoch; `null` where that is not on record. */
  readonly loss: number | null;
}

/** A planned probe. */
export interface PlannedProbe extends PlannedRun, ProbeRun {
  readonly plan: ProbeRun["plan"];
  readonly sweep: ProbeSweep | null;
}

/**
 * Description of how the rate of a probe was found.
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
    } on ${sweep.heldOut} images held out (${percent(best.top1, 2)} there)`;
}

/**
 * Reads every image once for all encoders.
 *
 * @param encoders Encoders on the device, of the same sizes.
 * @param shown Progress output and stop signal.
 */
export async function encodedBy(
  evaluation: Evaluation,
  encoders: readonly DeviceTensors[],
  { feature, augment, isSwept }: ProbedFeatures,
  shown: ShownWork,
): Promise<Result<TrainError, readonly Encoded[]>> {
  const featuresOf = (part: "train" | "validation") =>
    sourceFeatures(evaluation, encoders, feature, part, shown);
  const known = augment && !isSwept ? right(null) : await featuresOf("train");
  if (known._tag === "Left") return known;
  const asked = await featuresOf("validation");
  return asked._tag === "Left" ? asked : right(
    asked.right.flatMap((validation, k) => {
      const parameters = encoders[k];
      return parameters === undefined ? [] : [{
        parameters,
        known: known.right?.[k] ?? null,
        asked: validation,
      }];
    }),
  );
}

/** The base rate in the file of a probe of an earlier version, if it says one. */
export async function storedRate(path: string): Promise<number | null> {
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

/** A probe with the rate that was chosen, and what it was chosen from. */
export type Rated = Pick<PlannedProbe, "config" | "sweep">;

/** Chooses the rate of a probe on images that are held out, where it is not given. */
export async function rated(
  { backend }: Pick<Evaluation, "backend">,
  { known }: Encoded,
  { isSwept }: ProbedFeatures,
  config: ProbeConfig,
  shown: ShownWork,
): Promise<Result<TrainError, Rated>> {
  if (!isSwept || known === null) return right({ config, sweep: null });
  const { totalSteps } = must(probePlan(config, known.labels.length));
  const sweep = await underBar(shown, "steps of all rates", totalSteps, (
    options,
  ) => sweepProbe({ config, backend, features: known }, options));
  if (sweep._tag === "Left") return sweep;
  const { baseRate } = chosenRate(sweep.right) ?? config;
  return right({ config: { ...config, baseRate }, sweep: sweep.right });
}

/** Training features, and their number of images. */
function learnedBy(
  evaluation: Evaluation,
  { parameters, known }: Encoded,
  { feature, augment }: ProbedFeatures,
  config: ProbeConfig,
  loading: RunLoading,
  signal: AbortSignal | undefined,
): { readonly features: EpochFeatures; readonly samples: number } {
  const crops = () =>
    epochFeatures(evaluation, parameters, feature, config, loading, signal);
  return augment || known === null
    ? { features: crops(), samples: evaluation.train.length }
    : {
      features: () => Promise.resolve(right(known)),
      samples: known.labels.length,
    };
}

/** Accuracies of a probe on the middles of the validation images. */
async function probeScores(
  backend: Backend,
  config: ProbeConfig,
  { asked }: Encoded,
  training: Training,
): Promise<Result<TrainError, Scores>> {
  const state = await training.snapshot();
  if (state._tag === "Left") return state;
  const found = await probeAccuracy(backend, config, state.right, asked);
  return found._tag === "Left" ? found : right({ ...found.right });
}

/** Evaluates a probe at its end; it has no scores before. */
const probeEvaluator = (run: ProbeRun, encoded: Encoded): Evaluator => ({
  scores: (training, backend) =>
    training.step < run.plan.totalSteps
      ? Promise.resolve(right({}))
      : probeScores(backend, run.config, encoded, training),
  words: () => null,
});

/**
 * Plans the probe of an encoder.
 *
 * @param encoded The encoder and the features that are known.
 * @param features Training features.
 * @param rated Its configuration, and how the rate was found.
 * @param loading Loading of random crops.
 * @param signal Stops the encoding of random crops.
 * @throws {CommandFailed} where there is no such probe.
 */
export function plannedProbe(
  evaluation: Evaluation,
  encoded: Encoded,
  features: ProbedFeatures,
  { config, sweep }: Rated,
  loading: RunLoading,
  signal: AbortSignal | undefined,
): PlannedProbe {
  const learned = learnedBy(
    ...[evaluation, encoded, features, config, loading, signal] as const,
  );
  const run = { config, plan: must(probePlan(config, learned.samples)) };
  const task = probeTask(run);
  return {
    ...{ ...run, task, sweep, loading },
    train: evaluation.train,
    batches: probeBatches({ config, ...learned }),
    start: initialProbe(config),
    losses: classLoss(evaluation.classes),
    costOf: stepFlops(task),
    evaluator: probeEvaluator(run, encoded),
    words: [],
  };
}

/** Result of a probe, from the scores at its end. */
export function probeFound(
  { config: { baseRate }, sweep }: PlannedProbe,
  { top1 = NaN, top5 = NaN, loss }: Scores,
): ProbeFound {
  return { top1, top5, baseRate, sweep, loss: loss ?? null };
}

/** Trains a probe without a run folder, and evaluates it. */
export async function unkeptProbe(
  planned: PlannedProbe,
  encoded: Encoded,
  backend: Backend,
  signal: AbortSignal | undefined,
): Promise<Result<TrainError, ProbeFound>> {
  const { task, batches, start, config } = planned;
  const probe = startTraining(task, { backend, batches, start, signal });
  try {
    for await (const taken of probe) if (taken._tag === "Left") return taken;
    const found = await probeScores(backend, config, encoded, probe);
    return found._tag === "Left"
      ? found
      : right(probeFound(planned, found.right));
  } finally {
    probe.dispose();
  }
}
