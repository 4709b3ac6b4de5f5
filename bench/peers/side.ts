/**
 * One side of a comparison: a process that takes the same kind of step as the
 * other, whenever it is asked to.
 */
import type { BackendChoice } from "../../backends/mod.ts";
import type { ModelSpec } from "../../core/mod.ts";

/** What a side computes. */
export interface SideSpec {
  /** Sizes. */
  readonly model: ModelSpec;
  /** Images of a step. */
  readonly batchSize: number;
  /** How many layers are frozen. */
  readonly frozen: number;
  /** Threads that it may use. */
  readonly threads: number;
  /** Timed steps of a round. */
  readonly steps: number;
  /** Our device; other sides have their own. */
  readonly backend: BackendChoice;
  /** Path of the file with weights and batch of the first step (`start_file.ts`). */
  readonly start: string;
}

/** What a side says of itself after its first step, which is not timed. */
export interface SideReady {
  /** The library and what it runs on. */
  readonly versions: string;
  /** What decides how fast it is. */
  readonly settings: string;
  /** Threads that it uses. */
  readonly threads: number;
  /** How many numbers train. */
  readonly trainable: number;
  /** Loss of the first step, before any update. */
  readonly loss: number;
}

/** Milliseconds of a step and its parts; a part that a side cannot tell apart is `null`. */
export interface SideTimes {
  /** Forward pass with its losses. */
  readonly forwardMs: number | null;
  /** Backward pass. */
  readonly backwardMs: number | null;
  /** Both. */
  readonly gradientMs: number;
  /** Optimizer. */
  readonly updateMs: number;
  /** All of the step, images given. */
  readonly totalMs: number;
}

/** A round of timed steps: each time is a minimum by itself. */
export interface SideRound extends SideTimes {
  /** Loss of every step. */
  readonly losses: readonly number[];
}

const least = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.min(a, b));

/** The least of each time, each by itself; a part that is missing once stays unknown. */
export function minimaOf(
  times: readonly [SideTimes, ...SideTimes[]],
): SideTimes {
  const part = (key: "forwardMs" | "backwardMs"): number | null => {
    const known = times.map((time) => time[key]).filter((ms) => ms !== null);
    return known.length === times.length ? least(known) : null;
  };
  return {
    forwardMs: part("forwardMs"),
    backwardMs: part("backwardMs"),
    gradientMs: least(times.map(({ gradientMs }) => gradientMs)),
    updateMs: least(times.map(({ updateMs }) => updateMs)),
    totalMs: least(times.map(({ totalMs }) => totalMs)),
  };
}
