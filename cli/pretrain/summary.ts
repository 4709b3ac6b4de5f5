/** A run in numbers. */
import { type FreezePlan, predictedSaving } from "../../core/mod.ts";
import type { MetricsLine } from "../../train/mod.ts";
import { inPercent } from "../output/words.ts";
import {
  describeSaving,
  describeSteps,
  orNull,
  type RunNumbers,
  runNumbers,
} from "../runs/run_numbers.ts";
import type { RunEnd } from "../runs/take_steps.ts";
import type { Accuracies, OpenedPretraining } from "./evaluation.ts";

/** The last line of a pre-training with `--json`. */
export interface Summary extends RunNumbers, Accuracies {
  /** Mean loss of each stage over its last steps; `null` where no step is on record. */
  readonly lossByStage: readonly (number | null)[];
  /** Part of the operations saved, by the cost model. */
  readonly savingPredicted: number;
}

/** Steps over which the loss of a stage is averaged. */
const LAST_STEPS = 50;

/** Mean loss of each stage over the last steps in which it was live. */
function lossByStage(
  plan: FreezePlan,
  steps: readonly MetricsLine[],
): Summary["lossByStage"] {
  return plan.stages.map(({ index }) => {
    const losses = steps.flatMap(({ stageLosses }) => stageLosses[index] ?? [])
      .filter(Number.isFinite).slice(-LAST_STEPS);
    return orNull(losses.reduce((a, b) => a + b, 0) / losses.length);
  });
}

/** A pre-training in numbers. */
export const summaryOf = (
  opened: OpenedPretraining,
  end: RunEnd,
  accuracies: Accuracies,
): Summary => ({
  ...runNumbers(opened, end),
  lossByStage: lossByStage(opened.plan, end.steps),
  savingPredicted: predictedSaving(opened.plan),
  ...accuracies,
});

/** Lines of the evaluation of the encoder. */
function accuracyLines(
  summary: Summary,
  notes: readonly string[],
): readonly string[] {
  if (summary.knnTop1 === null) return [`k-NN:   ${notes.join("; ")}`];
  const others = [
    `untrained ${inPercent(summary.knnTop1Untrained)}`,
    `raw pixels ${inPercent(summary.knnTop1Pixels)}`,
    `most frequent class ${inPercent(summary.mostFrequent)}`,
  ];
  return [
    `k-NN:   ${inPercent(summary.knnTop1)} by the encoder's features; ${
      others.join(", ")
    }`,
    ...notes.map((note) => `        ${note}`),
  ];
}

/** The summary as a person reads it. */
export function describeSummary(
  summary: Summary,
  notes: readonly string[],
): string {
  const losses = summary.lossByStage.map((loss, stage) =>
    `stage ${stage + 1} ${loss?.toFixed(4) ?? "–"}`
  );
  return [
    describeSteps(summary),
    `loss:   ${losses.join(", ")}`,
    `saving: ${describeSaving(summary, summary.savingPredicted)}`,
    ...accuracyLines(summary, notes),
    `folder: ${summary.outputDir}: config.json plan.json images.json metrics.jsonl`,
    `        plan.svg loss.svg reconstruction.svg tensorboard/`,
    `        ${summary.checkpoint}`,
  ].join("\n");
}
