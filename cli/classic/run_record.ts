/**
 * What a training did, epoch by epoch.
 *
 * @module
 */
import type { StepReport, StepTimes } from "../../train/mod.ts";

/** One epoch. */
export interface EpochRecord {
  /** Its number, from 1. */
  readonly epoch: number;
  /** Mean cross entropy of its steps. */
  readonly loss: number;
  /** Part of the images to judge by that were named wrongly after it. */
  readonly error: number;
  /** Layers that are frozen in its last step. */
  readonly frozenLayers: number;
}

/** What a training did so far. */
export interface RunRecord {
  /** Steps done. */
  readonly step: number;
  /** Epochs done. */
  readonly epochs: readonly EpochRecord[];
  /** Steps of the epoch under way, and the sum of their losses. */
  readonly open: { readonly steps: number; readonly losses: number };
  /** Milliseconds of every step by the number of frozen layers, a tenth exact. */
  readonly milliseconds: Readonly<Record<number, readonly number[]>>;
}

/** Nothing done yet. */
export const EMPTY_RECORD: RunRecord = {
  step: 0,
  epochs: [],
  open: { steps: 0, losses: 0 },
  milliseconds: {},
};

/** Time of a step from the images on, without compilation, milliseconds. */
export function workTime({ total, data, compile }: StepTimes): number {
  return total - data - compile;
}

/** The record with one more step. */
export function withStep(
  record: RunRecord,
  { frozenLayers, loss, milliseconds }: StepReport,
): RunRecord {
  const { open, milliseconds: before } = record;
  const rounded = Math.round(10 * workTime(milliseconds)) / 10;
  return {
    ...record,
    step: record.step + 1,
    open: { steps: open.steps + 1, losses: open.losses + loss },
    milliseconds: {
      ...before,
      [frozenLayers]: [...before[frozenLayers] ?? [], rounded],
    },
  };
}

/**
 * The record with the epoch under way ended.
 *
 * @param record With all steps of the epoch.
 * @param error What the judge says after it.
 * @param frozenLayers Layers frozen in its last step.
 */
export function withEpoch(
  record: RunRecord,
  error: number,
  frozenLayers: number,
): RunRecord {
  const { epochs, open: { steps, losses } } = record;
  const epoch = epochs.length + 1;
  return {
    ...record,
    open: EMPTY_RECORD.open,
    epochs: [...epochs, { epoch, loss: losses / steps, error, frozenLayers }],
  };
}

/** Errors as the tables of FreezeOut experiments give them. */
export interface ErrorTable {
  /** After 80 % of the epochs. */
  readonly at80: number;
  /** At the end. */
  readonly at100: number;
  /** The lowest. */
  readonly best: number;
  /** The first epoch with the lowest, from 1. */
  readonly bestEpoch: number;
}

/**
 * Errors of a training that is done.
 *
 * @param epochs Its epochs, at least one.
 */
export function errorTable(epochs: readonly EpochRecord[]): ErrorTable {
  const errors = epochs.map(({ error }) => error);
  const late = Math.max(1, Math.round(0.8 * errors.length));
  const best = Math.min(...errors);
  return {
    at80: errors[late - 1] ?? NaN,
    at100: errors.at(-1) ?? NaN,
    best,
    bestEpoch: errors.indexOf(best) + 1,
  };
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = NaN, high = NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
};

/**
 * Part of the time that freezing saved: steps at the median time of their phase,
 * compared with as many at that of the steps without frozen layers.
 *
 * @param record A training that is done.
 */
export function measuredSaving({ milliseconds }: RunRecord): number {
  const phases = Object.values(milliseconds);
  const unfrozen = median(milliseconds[0] ?? []);
  const steps = phases.reduce((sum, { length }) => sum + length, 0);
  const taken = phases.reduce(
    (sum, times) => sum + times.length * median(times),
    0,
  );
  return 1 - taken / (steps * unfrozen);
}
