/** Machines whose scaling is predicted: two cores as they were measured, others as assumed. */
import {
  type FreezePlan,
  type Network,
  type Phase,
  phaseFlops,
} from "../../core/mod.ts";
import { flopSeconds, type MeasuredSteps } from "./measured_steps.ts";

/** A machine that computes one rank. */
export interface Machine {
  /** Short name, for tables. */
  readonly name: string;
  /** Name and what it rests on. */
  readonly title: string;
  /** Seconds of a pass that do not depend on its images. */
  readonly passSeconds: number;
  /** Images of a pass at most. */
  readonly microBatch: number;
  /** Seconds of the update for each number of the parameters that train. */
  readonly numberSeconds: number;
  /** What it adds to the network. */
  readonly host: Omit<Network, "bitsPerSecond" | "latencySeconds">;
  /** Seconds of a pass for each image, by plan and phase. */
  readonly imageSeconds: (plan: FreezePlan) => (phase: Phase) => number;
}

/** Bytes that AdamW moves for each number: value, gradient and two moments, three written. */
const UPDATE_BYTES = 28;

/** Bytes of gradients that a processor adds each second. */
const ADDED = 10e9;

/** Assumptions in words, beside the numbers in {@link machinesOf}. */
export const ASSUMPTIONS = {
  addBytesPerSecond: ADDED,
  cores64: { timesAsFast: 32, microBatch: 64, updateBytesPerSecond: 200e9 },
  card: {
    passSeconds: 3e-3,
    updateBytesPerSecond: 1e12,
    busBytesPerSecond: 12e9,
    microBatch: 256,
  },
} as const;

/** Operations of an image as time: `flops·secondsPerFlop`, where only a part is left. */
const timed = (
  secondsPerFlop: (part: number) => number,
): Machine["imageSeconds"] =>
(plan) => {
  const flopsOf = phaseFlops(plan);
  const unfrozen = flopsOf(plan.phases[0]);
  return (phase) => {
    const flops = flopsOf(phase);
    return flops * secondsPerFlop(flops / unfrozen);
  };
};

/** Two cores, as measured. */
const cores2 = (measured: MeasuredSteps): Machine => ({
  name: "2 cores",
  title: "Node of 2 cores, as measured with ViT-B",
  passSeconds: 0,
  microBatch: measured.batchSize,
  numberSeconds: measured.numberSeconds,
  host: { addBytesPerSecond: ADDED },
  imageSeconds: timed(flopSeconds(measured)),
});

/** Many cores, so many times as fast as two. */
function cores64(measured: MeasuredSteps): Machine {
  const { timesAsFast, microBatch, updateBytesPerSecond } = ASSUMPTIONS.cores64;
  const secondsPerFlop = flopSeconds(measured);
  return {
    name: "64 cores",
    title: `Node of 64 cores, assumed to be ${timesAsFast} times as fast`,
    ...{ passSeconds: 0, microBatch },
    numberSeconds: UPDATE_BYTES / updateBytesPerSecond,
    host: { addBytesPerSecond: ADDED },
    imageSeconds: timed((part) => secondsPerFlop(part) / timesAsFast),
  };
}

/** A graphics card that computes so many operations each second. */
function card(teraflops: number): Machine {
  const { passSeconds, microBatch, updateBytesPerSecond, busBytesPerSecond } =
    ASSUMPTIONS.card;
  return {
    name: `card ${teraflops}`,
    title: `Node with a card, assumed to do ${teraflops} TFLOP/s`,
    ...{ passSeconds, microBatch },
    numberSeconds: UPDATE_BYTES / updateBytesPerSecond,
    host: { addBytesPerSecond: ADDED, busBytesPerSecond },
    imageSeconds: timed(() => 1 / (1e12 * teraflops)),
  };
}

/** All machines. */
export const machinesOf = (measured: MeasuredSteps): readonly Machine[] => [
  cores2(measured),
  cores64(measured),
  card(30),
  card(150),
];
