/**
 * A long record in little memory.
 *
 * @module
 */
import type { MetricsLine } from "../metrics.ts";

/** Steps from which a run is described. */
export interface MetricsSample {
  /** Takes in a step; one that was there before takes back those from it on. */
  add(line: MetricsLine): void;
  /** Every so many steps, and the first ones of each phase; all as long as there are few. */
  readonly lines: readonly MetricsLine[];
  /** The last steps, each of them. */
  readonly recent: readonly MetricsLine[];
}

/** Steps of a phase that are kept whatever their number: the first compiles. */
const FIRST = 2;

/**
 * A sample of steps that is spread evenly over a run.
 *
 * As soon as there are more than `most`, every second one is left out, and from
 * then on as many of the following ones.
 *
 * @param most Steps to keep, at least 1, beside the first two of each phase.
 * @param recent Steps to keep in any case, the last ones.
 *
 * @example
 * ```ts
 * import { metricsSample, parseMetricsLine } from "@vitfreeze/vitfreeze/train";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const milliseconds = { data: 0, gradient: 1, update: 0, total: 1 };
 * const sample = metricsSample(4, 1);
 * for (let step = 0; step < 9; step++) {
 *   const text = JSON.stringify({ step, phase: 0, rates: [], milliseconds });
 *   const line = parseMetricsLine(text);
 *   if (line !== null) sample.add(line);
 * }
 *
 * deepStrictEqual(sample.lines.map(({ step }) => step), [0, 1, 2, 4, 6, 8]);
 * ```
 */
export function metricsSample(most: number, recent: number): MetricsSample {
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
      last.push(line);
      if (last.length > recent) last.shift();
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
      return last;
    },
  };
}
