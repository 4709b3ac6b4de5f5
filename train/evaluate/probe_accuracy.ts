/** Accuracy of a linear probe. */
import type { Backend } from "../../backends/backend.ts";
import {
  PROBE_EPSILON,
  PROBE_NAMES,
  probeScoreGraph,
  type ProbeSpec,
  type Result,
  right,
} from "../../core/mod.ts";
import { compileGraph, runOnce } from "../engine/programs.ts";
import type { Snapshot } from "../engine/state.ts";
import type { HostTensors } from "../engine/tensors.ts";
import { type TopAccuracies, topAccuracies } from "./accuracy.ts";
import type { LabelledFeatures } from "../tasks/probe_batches.ts";
import type { TrainError } from "../train_error.ts";

/** Samples at a time. */
const MOST = 1024;

/** The part of a probe's state that gives its scores. */
export type TrainedProbe = Pick<Snapshot, "parameters" | "statistics">;

/** The linear layer together with the normalisation by running statistics. */
interface Folded {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** `W·(x − mean)/√(variance + ε) + b` as one linear layer. */
function folded(
  { width, classes }: ProbeSpec,
  { parameters, statistics }: TrainedProbe,
): Folded {
  const of = (tensors: HostTensors, name: string) =>
    tensors.get(name) ?? new Float32Array();
  const { mean, variance, weight, bias } = PROBE_NAMES;
  const [rows, offsets] = [of(parameters, weight), of(parameters, bias)];
  const means = of(statistics, mean);
  const scales = Float64Array.from(
    of(statistics, variance),
    (v) => 1 / Math.sqrt(v + PROBE_EPSILON),
  );
  const out = new Float32Array(classes * width);
  const shifted = Float64Array.from(offsets);
  for (let c = 0; c < classes; c++) {
    for (let f = 0; f < width; f++) {
      const scaled = (rows[c * width + f] ?? NaN) * (scales[f] ?? NaN);
      out[c * width + f] = scaled;
      shifted[c] = (shifted[c] ?? NaN) - scaled * (means[f] ?? NaN);
    }
  }
  return { weight: out, bias: Float32Array.from(shifted) };
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
  const scores = new Float32Array(count * spec.classes);
  if (count === 0) return right(scores);
  const batch = Math.min(MOST, count);
  const program = await compileGraph(backend, probeScoreGraph(spec, batch));
  if (program._tag === "Left") return program;
  const { weight, bias } = folded(spec, probe);
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
