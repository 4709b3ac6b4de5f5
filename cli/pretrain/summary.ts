/**
 * A run in numbers.
 *
 * @module
 */
import { type FreezePlan, predictedSaving } from "../../core/mod.ts";
import {
  type MetricsLine,
  phaseTimes,
  savingMeasured,
} from "../../train/mod.ts";
import { counted } from "../../data/mod.ts";
import { duration, inPercent, percent } from "../output/words.ts";
import type { RunEnd } from "../runs/take_steps.ts";
import type { Accuracies, OpenedPretraining } from "./evaluation.ts";

/** What the last line of a run says with `--json`. */
export interface Summary extends Accuracies {
  readonly backend: string;
  /** What the machine calls the device. */
  readonly device: string;
  readonly steps: number;
  /** Steps among them that were left out because they were not finite. */
  readonly stepsSkipped: number;
  /** Seconds of all recorded steps, images and compilation included. */
  readonly seconds: number;
  /** Median seconds of a step in each phase, without images and compilation; `null` where no step is on record. */
  readonly secondsPerStepByPhase: readonly (number | null)[];
  /** Mean loss of each stage over its last steps; `null` where no step is on record. */
  readonly lossByStage: readonly (number | null)[];
  /** Part of the compute time saved against the speed of the first phase; `null` if a phase was not measured, or too few steps of it. */
  readonly savingMeasured: number | null;
  /** Part of the operations saved, by the cost model. */
  readonly savingPredicted: number;
  readonly checkpoint: string;
  readonly outputDir: string;
}

/** Steps over which the loss of a stage is averaged. */
const LAST_STEPS = 50;

const orNull = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

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

/** A run in numbers. */
export function summaryOf(
  { plan, backend: { device }, folder }: OpenedPretraining,
  end: RunEnd,
  accuracies: Accuracies,
): Summary {
  const { run, steps, checkpoint } = end;
  const times = phaseTimes(plan, steps);
  return {
    backend: device.name,
    device: device.description,
    steps: run.step,
    stepsSkipped: end.totals.skipped,
    seconds: end.totals.seconds,
    secondsPerStepByPhase: plan.phases.map(({ index }) =>
      orNull(times.find(({ phase }) => phase === index)?.secondsPerStep)
    ),
    lossByStage: lossByStage(plan, steps),
    savingMeasured: savingMeasured(plan, steps),
    savingPredicted: predictedSaving(plan),
    ...accuracies,
    checkpoint,
    outputDir: folder.path,
  };
}

/** The lines of what the encoder is worth. */
function accuracyLines(summary: Summary, note: string): readonly string[] {
  if (summary.knnTop1 === null) return [`k-NN:   ${note}`];
  const others = [
    `untrained ${inPercent(summary.knnTop1Untrained)}`,
    `raw pixels ${inPercent(summary.knnTop1Pixels)}`,
    `most frequent class ${inPercent(summary.mostFrequent)}`,
  ];
  return [
    `k-NN:   ${inPercent(summary.knnTop1)} by the encoder's features; ${
      others.join(", ")
    }`,
    `        features after the last block, weighted vote of 20 neighbours`,
    `        ${note}`,
  ];
}

/** The summary as a person reads it. */
export function describeSummary(summary: Summary, note: string): string {
  const losses = summary.lossByStage.map((loss, stage) =>
    `stage ${stage + 1} ${loss?.toFixed(4) ?? "–"}`
  );
  const measured = summary.savingMeasured === null
    ? "too few steps to measure it"
    : `${percent(summary.savingMeasured)} of the compute time measured`;
  const predicted = percent(summary.savingPredicted);
  return [
    `${counted(summary.steps, "step")} in ${duration(summary.seconds)}${
      summary.stepsSkipped === 0 ? "" : `, ${summary.stepsSkipped} left out`
    }`,
    `loss:   ${losses.join(", ")}`,
    `saving: ${measured}, ${predicted} predicted`,
    ...accuracyLines(summary, note),
    `folder: ${summary.outputDir}: config.json plan.json images.json metrics.jsonl`,
    `        plan.svg loss.svg reconstruction.svg tensorboard/`,
    `        ${summary.checkpoint}`,
  ].join("\n");
}
