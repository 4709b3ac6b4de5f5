/** The steps of a run in little memory. */
import type { MetricsLine } from "./metrics.ts";

/** Steps from which a run is described. */
export interface MetricsSample {
  /** Takes in a step; one that was there before takes back those from it on. */
  add(line: MetricsLine): void;
  /** Every so many steps, and the first ones of each phase; all as long as there are few. */
  readonly lines: readonly MetricsLine[];
  /** The last steps, each of them. */
  readonly recent: readonly MetricsLine[];
  /** Both together in order: the sample, and the last steps without gaps. */
  readonly course: readonly MetricsLine[];
}

const MOST_LINES = 20_000;
const RECENT_LINES = 100;

/** Steps of a phase that are kept whatever their number: the first compiles. */
const FIRST = 2;

/**
 * A sample of steps that is spread evenly over a run.
 *
 * As soon as there are more than `most`, every second one is left out, and from
 * then on as many of the following ones.
 *
 * @param most Steps to keep, at least 1, beside the first two of each phase; 20,000 by default.
 * @param recent Steps to keep in any case, the last ones; 100 by default.
 */
export function metricsSample(
  most: number = MOST_LINES,
  recent: number = RECENT_LINES,
): MetricsSample {
  let stride = 1;
  let kept: MetricsLine[] = [];
  let last: MetricsLine[] = [];
  const ofPhase = new Map<number, number>();
  const isFirst = ({ step, phase }: MetricsLine): boolean =>
    step < (ofPhase.get(phase) ?? Infinity) + FIRST;
  const takeBack = (step: number): void => {
    kept = kept.filter((line) => line.step < step);
    last = last.filter((line) => line.step < step);
    for (const [phase, from] of ofPhase) {
      if (from >= step) ofPhase.delete(phase);
    }
  };
  return {
    add(line) {
      const { step, phase } = line;
      if (step <= (last.at(-1)?.step ?? -1)) takeBack(step);
      if (!ofPhase.has(phase)) ofPhase.set(phase, step);
      // Cut now and then: to shift at every step would cost more than all else.
      if (last.push(line) >= 2 * recent + 100) last = last.slice(-recent);
      if (step % stride !== 0 && !isFirst(line)) return;
      kept.push(line);
      if (kept.length <= most + FIRST * ofPhase.size) return;
      stride *= 2;
      kept = kept.filter((one) => one.step % stride === 0 || isFirst(one));
    },
    get lines() {
      return kept;
    },
    get recent() {
      return last.slice(-recent);
    },
    get course() {
      const from = last.at(-recent)?.step ?? last[0]?.step ?? 0;
      return [
        ...kept.filter(({ step }) => step < from),
        ...last.slice(-recent),
      ];
    },
  };
}

/** Totals over all recorded steps. */
export interface RunTotals {
  /** Seconds, images and compilation included. */
  readonly seconds: number;
  /** Steps that were skipped because they were not finite. */
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

/** Keeps the steps of a run. */
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
