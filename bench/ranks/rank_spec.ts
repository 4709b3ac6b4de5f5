/** Measurements of steps that several ranks share. */
import type { ModelName } from "../../core/mod.ts";

/** Which steps are measured, and by how many processes. */
export interface RankSpec {
  /** Name of a preset. */
  readonly model: ModelName;
  /** Number of frozen layers. */
  readonly frozen: number;
  /** Images of a step, of all ranks. */
  readonly images: number;
  /** Number of ranks. */
  readonly ranks: number;
  /** Threads of each. */
  readonly threads: number;
  /** Timed steps, after one that is not. */
  readonly steps: number;
  /** False to leave the sums out: what the ranks compute by themselves, side by side. */
  readonly sums: boolean;
}

/** Times of the fastest step, of rank 0. */
export interface RankTimes {
  /** Seconds of the step, all of it. */
  readonly secondsPerStep: number;
  /** Seconds of the forward and backward passes. */
  readonly gradientSeconds: number;
  /** Seconds of the optimizer. */
  readonly updateSeconds: number;
  /** Milliseconds in which a sum was under way. */
  readonly sumMilliseconds: number;
  /** Milliseconds of it in which the step had nothing else to do. */
  readonly exposedMilliseconds: number;
  /** Bytes that were added up. */
  readonly bytes: number;
}

/** A measured row. */
export interface RankRow extends RankTimes {
  /** Name of a preset. */
  readonly model: ModelName;
  /** Number of frozen layers. */
  readonly frozenLayers: number;
  /** Images of a step. */
  readonly images: number;
  /** Number of ranks. */
  readonly ranks: number;
  /** Threads of each. */
  readonly threads: number;
  /** Speed against one rank of one thread. */
  readonly speedup: number;
  /** Part of the time of the sums that was hidden behind the backward pass; `null` without sums. */
  readonly hidden: number | null;
}

/** The faster of two measurements. */
export const faster = (a: RankTimes | undefined, b: RankTimes): RankTimes =>
  a === undefined || b.secondsPerStep < a.secondsPerStep ? b : a;
