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

/** A trained probe on a device. */
export interface ProbeScorer {
  /** Scores `[count, classes]` of features `[count, width]`. */
  score(features: Float32Array): Promise<Result<TrainError, Float32Array>>;
  /** Frees its program. */
  dispose(): void;
}

/** Some rows, filled up with zeros to a fixed number of them. */
function rowsFrom(
  features: Float32Array,
  from: number,
  length: number,
): Float32Array {
  const rows = new Float32Array(length);
  rows.set(features.subarray(from, from + length));
  return rows;
}

/**
 * Brings a linear probe with its running statistics to a device.
 *
 * @param probe The probe's weights and running statistics.
 * @param most Features that are scored at a time.
 */
export async function probeScorer(
  backend: Backend,
  spec: ProbeSpec,
  probe: TrainedProbe,
  most: number = MOST,
): Promise<Result<TrainError, ProbeScorer>> {
  const compiled = await compileGraph(backend, probeScoreGraph(spec, most));
  if (compiled._tag === "Left") return compiled;
  const { width, classes } = spec;
  const { weight, bias } = foldedProbe(spec, probe);
  const { right: program } = compiled;
  return right({
    dispose: () => program.dispose(),
    score: async (features) => {
      const count = features.length / width;
      const scores = new Float32Array(count * classes);
      for (let at = 0; at < count; at += most) {
        const rows = rowsFrom(features, at * width, most * width);
        const found = await runOnce(backend, program, new Map(), {
          features: { shape: [most, width], data: rows },
          weight: { shape: [classes, width], data: weight },
          bias: { shape: [classes], data: bias },
        });
        if (found._tag === "Left") return found;
        const [all = new Float32Array()] = found.right.values();
        const some = all.subarray(0, Math.min(most, count - at) * classes);
        scores.set(some, at * classes);
      }
      return right(scores);
    },
  });
}

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
  if (count === 0) return right(new Float32Array());
  const size = Math.min(MOST, count);
  const scorer = await probeScorer(backend, spec, probe, size);
  if (scorer._tag === "Left") return scorer;
  try {
    return await scorer.right.score(features);
  } finally {
    scorer.right.dispose();
  }
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
