/** A linear probe of features that are known, at the best of some rates. */
import {
  left,
  PROBE_RECIPE,
  type ProbeConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  type LabelledFeatures,
  type ProbeSweep,
  type Snapshot,
  train as startTraining,
  type TrainError,
} from "../../train/mod.ts";
import { loadingFrom } from "../images/loading.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import type { Evaluation } from "./open_evaluation.ts";
import {
  type Encoded,
  plannedProbe,
  type ProbedFeatures,
  rated,
} from "./probe_encoder.ts";

/** Probes learn from what was computed once; their definition has no influence on them. */
const PROBED: ProbedFeatures = {
  feature: { tokens: "patches", stages: [] },
  augment: false,
  isSwept: true,
};

/** A probe that was trained, without a run folder. */
export interface SweptProbe {
  readonly config: ProbeConfig;
  /** The rates that were tried for it; `null` if none were. */
  readonly sweep: ProbeSweep | null;
  /** Its state at the end. */
  readonly probe: Snapshot;
}

/** Takes all steps of a planned probe. */
async function trained(
  { task, batches, start }: ReturnType<typeof plannedProbe>,
  backend: Evaluation["backend"],
  { signal, onProgress }: Parameters<Parameters<typeof underBar>[3]>[0],
): Promise<Result<TrainError, Snapshot>> {
  const probe = startTraining(task, { backend, batches, start, signal });
  try {
    for await (const taken of probe) {
      if (taken._tag === "Left") return taken;
      onProgress?.(probe.step);
    }
    return signal?.aborted ? left({ _tag: "Stopped" }) : await probe.snapshot();
  } finally {
    probe.dispose();
  }
}

/**
 * Trains a linear layer on features with classes, by the recipe of `probe`: the rate is the
 * best of some on a part of the features that is held out.
 *
 * @param evaluation Device and number of classes.
 * @param known The features to learn from, each with a class, at least two of them.
 * @param most Samples of a step at most.
 */
export async function sweptProbe(
  evaluation: Evaluation,
  known: LabelledFeatures,
  shown: ShownWork,
  most: number = PROBE_RECIPE.batchSize,
): Promise<Result<TrainError, SweptProbe>> {
  const { classes, backend } = evaluation;
  const { width, labels } = known;
  const batchSize = Math.min(most, labels.length);
  const config = { ...PROBE_RECIPE, width, classes, batchSize };
  const encoded: Encoded = { parameters: new Map(), known, asked: known };
  const chosen = await rated(evaluation, encoded, PROBED, config, shown);
  if (chosen._tag === "Left") return chosen;
  const planned = plannedProbe(
    ...[evaluation, encoded, PROBED, chosen.right] as const,
    ...[loadingFrom(labels.length, {}), shown.signal] as const,
  );
  const probe = await underBar(
    shown,
    "steps of the probe",
    planned.plan.totalSteps,
    (options) => trained(planned, backend, options),
  );
  return probe._tag === "Left" ? probe : right({
    config: planned.config,
    sweep: planned.sweep,
    probe: probe.right,
  });
}
