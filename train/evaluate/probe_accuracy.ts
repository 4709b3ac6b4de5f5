/** Accuracy of a linear probe. */
import type { Backend } from "../../backends/backend.ts";
import {
  probeScoreGraph,
  type ProbeSpec,
  type Result,
  right,
} from "../../core/mod.ts";
import { compileGraph, runOnce } from "../engine/programs.ts";
import { type TopAccuracies, topAccuracies } from "./accuracy.ts";
import { foldedProbe, type TrainedProbe } from "../tasks/folded_probe.ts";
import type { LabelledFeatures } from "../tasks/probe_batches.ts";
import type { TrainError } from "../train_error.ts";

/** Samples at a time. */
const MOST = 1024;

/**
 * Scores of features by a linear probe with its running statistics.
 *
 * @param probe The probe's weights and running statistics.
 * @param features The features `[count, width]`.
 * @returns `[count, classes]`, or why there are none.
 */
export async function probeScores(
  backend: Backend,
  spec: ProbeSpec,
  probe: TrainedProbe,
  { features, width }: LabelledFeatures,
): Promise<Result<TrainError, Float32Array>> {
  const count = features.length / width;
  const scores = new Float32Array(count * spec.classes);
  if (count === 0) return right(scores);
  const batch = Math.min(MOST, count);
  const program = await compileGraph(backend, probeScoreGraph(spec, batch));
  if (program._tag === "Left") return program;
  const { weight, bias } = foldedProbe(spec, probe);
  // The last batch begins early enough to be full.
  for (let at = 0; at < count; at += batch) {
    const from = Math.min(at, count - batch);
    const rows = features.slice(from * width, (from + batch) * width);
    const found = await runOnce(backend, program.right, new Map(), {
      features: { shape: [batch, width], data: rows },
      weight: { shape: [spec.classes, width], data: weight },
      bias: { shape: [spec.classes], data: bias },
    });
    if (found._tag === "Left") {
      program.right.dispose();
      return found;
    }
    scores.set(found.right.get("scores") ?? [], from * spec.classes);
  }
  program.right.dispose();
  return right(scores);
}

/**
 * Part of the samples that a linear probe classifies rightly.
 *
 * @returns Accuracies, `NaN` without samples; or why there are none.
 */
export async function probeAccuracy(
  backend: Backend,
  spec: ProbeSpec,
  probe: TrainedProbe,
  features: LabelledFeatures,
): Promise<Result<TrainError, TopAccuracies>> {
  const scores = await probeScores(backend, spec, probe, features);
  return scores._tag === "Left"
    ? scores
    : right(topAccuracies(scores.right, features.labels, spec.classes));
}
