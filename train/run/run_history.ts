/**
 * The steps of a run in little memory.
 *
 * @module
 */
import { metricsSample } from "./follow/metrics_sample.ts";
import type { MetricsLine } from "./metrics.ts";

/** What is counted over all recorded steps. */
export interface RunTotals {
  /** Seconds, images and compilation included. */
  readonly seconds: number;
  /** Steps that were left out because they were not finite. */
  readonly skipped: number;
}

/** Totals of a run before its first step. */
export const NO_TOTALS: RunTotals = { seconds: 0, skipped: 0 };

/** The steps of a run: a sample of them that is even over the run, and totals of all. */
export interface RunHistory {
  /** Takes in the next step. */
  add(line: MetricsLine): void;
  /** Steps in order, all as long as there are at most 20,000; the last 100 without gaps. */
  readonly lines: readonly MetricsLine[];
  /** Totals of all steps. */
  readonly totals: RunTotals;
}

/**
 * Keeps the steps of a run.
 *
 * @param before Steps and totals of before a resume.
 */
export function runHistory(
  before: Pick<RunHistory, "lines" | "totals"> = {
    lines: [],
    totals: NO_TOTALS,
  },
): RunHistory {
  const sample = metricsSample();
  before.lines.forEach((line) => sample.add(line));
  let { seconds, skipped } = before.totals;
  return {
    add(line) {
      sample.add(line);
      seconds += line.milliseconds.total / 1000;
      if (line.skipped !== undefined) skipped++;
    },
    get lines() {
      return sample.course;
    },
    get totals() {
      return { seconds, skipped };
    },
  };
}
