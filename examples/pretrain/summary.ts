/**
 * A run in numbers.
 *
 * @module
 */
import { type FreezePlan, predictedSaving } from "../../core/mod.ts";
import {
  measuredSaving,
  type MetricsLine,
  phaseTimes,
} from "../../train/mod.ts";
import type { Accuracies } from "./evaluation.ts";
import type { OpenedRun } from "./open_run.ts";
import { showSeconds } from "./progress.ts";
import type { RunEnd } from "./take_steps.ts";

/** What the last line of a run says with `--json`. */
export interface Summary extends Accuracies {
  /** Engine. */
  readonly backend: string;
  /** What the machine calls the device. */
  readonly device: string;
  /** Optimizer steps. */
  readonly steps: number;
  /** Steps among them that were left out because they were not finite. */
  readonly stepsSkipped: number;
  /** Seconds of all recorded steps, images and compilation included. */
  readonly seconds: number;
  /** Median seconds of a step in each phase, without images and compilation; `null` where no step is on record. */
  readonly secondsPerStepByPhase: readonly (number | null)[];
  /** Mean loss of each stage over its last steps; `null` where no step is on record. */
  readonly lossByStage: readonly (number | null)[];
  /** Part of the compute time saved against the speed of the first phase; `null` if a phase was not measured. */
  readonly savingMeasured: number | null;
  /** Part of the operations saved, by the cost model. */
  readonly savingPredicted: number;
  /** Newest checkpoint. */
  readonly checkpoint: string;
  /** Folder of the run. */
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

/**
 * A finished run in numbers.
 *
 * @param opened The run.
 * @param end How it ended.
 * @param accuracies What its encoder is worth.
 */
export function summaryOf(
  { plan, backend: { device }, folder, run }: OpenedRun,
  { steps, totals, checkpoint }: RunEnd,
  accuracies: Accuracies,
): Summary {
  const times = phaseTimes(plan, steps);
  return {
    backend: device.name,
    device: device.description,
    steps: run.step,
    stepsSkipped: totals.skipped,
    seconds: totals.seconds,
    secondsPerStepByPhase: plan.phases.map(({ index }) =>
      orNull(times.find(({ phase }) => phase === index)?.secondsPerStep)
    ),
    lossByStage: lossByStage(plan, steps),
    savingMeasured: orNull(measuredSaving(plan, times)),
    savingPredicted: predictedSaving(plan),
    ...accuracies,
    checkpoint,
    outputDir: folder.path,
  };
}

const percent = (value: number | null): string =>
  value === null ? "–" : `${value.toFixed(1)} %`;

const asPercent = (part: number | null): number | null =>
  part === null ? null : 100 * part;

/** The summary as a person reads it. */
export function describeSummary(summary: Summary): string {
  const losses = summary.lossByStage.map((loss, stage) =>
    `stage ${stage + 1} ${loss?.toFixed(4) ?? "–"}`
  );
  const measured = percent(asPercent(summary.savingMeasured));
  const predicted = percent(asPercent(summary.savingPredicted));
  const knn = [
    `${percent(summary.knnTop1)} by the encoder's features`,
    `untrained ${percent(summary.knnTop1Untrained)}`,
    `raw pixels ${
      percent(summary.knnTop1Pixels)
    } (weighted vote of 20 neighbours)`,
  ];
  return [
    `${summary.steps} steps in ${showSeconds(summary.seconds)}${
      summary.stepsSkipped === 0 ? "" : `, ${summary.stepsSkipped} left out`
    }`,
    `loss:   ${losses.join(", ")}`,
    `saving: ${measured} of the compute time measured, ${predicted} predicted`,
    ...summary.knnTop1 === null ? [] : [`k-NN:   ${knn.join(", ")}`],
    `folder: ${summary.outputDir}: config.json plan.json images.json metrics.jsonl`,
    `        plan.svg loss.svg reconstruction.svg tensorboard/`,
    `        ${summary.checkpoint}`,
  ].join("\n");
}
