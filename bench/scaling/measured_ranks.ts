/** Predicted beside measured steps of several ranks. */
import {
  type Codec,
  decode,
  NOT_NEGATIVE,
  oneOf,
  POSITIVE,
  wholeFrom,
} from "../../core/codec/codec.ts";
import { listOf, optional, recordOf } from "../../core/codec/structures.ts";
import {
  type Faults,
  MODEL_PRESETS,
  type ModelName,
  type Network,
  predictStep,
  type Result,
} from "../../core/mod.ts";
import {
  gradientBytes,
  orThrow,
  pretrainTask,
  type Task,
} from "../../train/mod.ts";
import { type Columns, columnTable } from "../column_table.ts";
import { benchedPlan, configOf } from "../step/step_spec.ts";
import { gradientBuckets } from "./buckets.ts";

/**
 * A measured step.
 *
 * The file is a JSON list, for example
 * `[{"model": "nano", "frozenLayers": 3, "ranks": 2, "secondsPerStep": 0.012,
 * "gradientSeconds": 0.0095, "updateSeconds": 0.0011, "sumMilliseconds": 1.4,
 * "bytes": 991084}]`.
 */
export interface MeasuredRanks {
  /** Name of a preset. */
  readonly model: ModelName;
  /** Number of frozen layers. */
  readonly frozenLayers: number;
  /** Number of ranks. */
  readonly ranks: number;
  /** Seconds of a step, all of it. */
  readonly secondsPerStep: number;
  /**
   * Seconds of the forward and backward passes of a rank: of its own part of the images, on
   * its own number of threads, while nothing is added up.
   */
  readonly gradientSeconds: number;
  /** Seconds of the optimizer. */
  readonly updateSeconds: number;
  /** Milliseconds of a step in which a sum was under way (`Traffic`); 0 with one rank. */
  readonly sumMilliseconds: number;
  /** Bytes that were added up in a step (`Traffic`); 0 with one rank. */
  readonly bytes: number;
  /** Passes of a rank in a step; 1 by default. */
  readonly passes?: number | undefined;
}

const NAMES = Object.keys(MODEL_PRESETS) as [ModelName, ...ModelName[]];

const measuredCodec: Codec<readonly MeasuredRanks[]> = listOf(
  recordOf<MeasuredRanks>({
    model: oneOf(...NAMES),
    frozenLayers: wholeFrom(0),
    ranks: wholeFrom(1),
    secondsPerStep: POSITIVE,
    gradientSeconds: POSITIVE,
    updateSeconds: NOT_NEGATIVE,
    sumMilliseconds: NOT_NEGATIVE,
    bytes: wholeFrom(0),
    passes: optional(wholeFrom(1)),
  }),
);

/** Reads measured steps, or names every fault. */
export const decodeMeasuredRanks: (
  input: unknown,
) => Result<Faults, readonly MeasuredRanks[]> = decode(measuredCodec);

/** A measured step and its prediction. */
export interface Compared {
  /** The measured step. */
  readonly measured: MeasuredRanks;
  /** Seconds of the step as predicted. */
  readonly seconds: number;
  /** Seconds of waiting for sums as predicted. */
  readonly exposedSeconds: number;
  /** Bytes of the plan that are to be added up. */
  readonly bytes: number;
  /** Difference of the prediction, as a part of the measured step. */
  readonly difference: number;
}

/** The network that takes as long for the measured bytes as was measured. */
function networkOf({ ranks, bytes, sumMilliseconds }: MeasuredRanks): Network {
  const sent = 2 * bytes * (ranks - 1) / ranks;
  const seconds = sumMilliseconds / 1000;
  return {
    bitsPerSecond: sent === 0 || seconds === 0 ? Infinity : 8 * sent / seconds,
    latencySeconds: 0,
  };
}

/**
 * Predicts a measured step from its parts: what remains to be seen is how much of the sums
 * the backward pass hides.
 *
 * @param network What carries the gradients, where it was measured by itself; by default
 * the sums take as long as they took.
 */
export function compared(
  measured: MeasuredRanks,
  network: Network = networkOf(measured),
): Compared {
  const { model, frozenLayers, ranks, passes = 1 } = measured;
  const config = configOf(MODEL_PRESETS[model], 8);
  const plan = orThrow(benchedPlan(config));
  const phase = plan.phases
    .find((phase) => phase.frozenLayers === frozenLayers);
  if (phase === undefined) {
    throw new Error(`${model} has no phase with ${frozenLayers} frozen layers`);
  }
  const task = pretrainTask({ config, plan }) as unknown as Task<unknown>;
  const { stepSeconds, exposedSeconds } = predictStep({
    passSeconds: 0,
    imageSeconds: measured.gradientSeconds / passes,
    microBatch: 1,
    updateSeconds: measured.updateSeconds,
    buckets: gradientBuckets(task, phase),
  }, network)(ranks * passes, ranks);
  return {
    ...{ measured, exposedSeconds },
    seconds: stepSeconds,
    bytes: ranks === 1 ? 0 : gradientBytes(task, phase),
    difference: stepSeconds / measured.secondsPerStep - 1,
  };
}

const milliseconds = (seconds: number): string => (1000 * seconds).toFixed(1);

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);

const COLUMNS: Columns<Compared> = [
  ["model", ({ measured }) => measured.model],
  ["frozen", ({ measured }) => String(measured.frozenLayers)],
  ["ranks", ({ measured }) => String(measured.ranks)],
  ["measured, ms", ({ measured }) => milliseconds(measured.secondsPerStep)],
  ["predicted, ms", ({ seconds }) => milliseconds(seconds)],
  ["difference", ({ difference }) => `${(100 * difference).toFixed(1)} %`],
  ["sums, ms", ({ measured }) => measured.sumMilliseconds.toFixed(1)],
  ["of them waited for", (row) => milliseconds(row.exposedSeconds)],
  ["MB counted", ({ measured }) => megabytes(measured.bytes)],
  ["MB planned", ({ bytes }) => megabytes(bytes)],
];

/** Prediction beside measurement, a line for each step. */
export const comparedTable: (rows: readonly Compared[]) => string = columnTable(
  COLUMNS,
);
