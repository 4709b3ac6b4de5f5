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
  cores64: { timesAsFast: 32, updateBytesPerSecond: 200e9 },
  card: {
    passSeconds: 3e-3,
    updateBytesPerSecond: 1e12,
    busBytesPerSecond: 12e9,
  },
} as const;

/** Processors; on more cores a pass is so many times as fast as measured. */
function cores(
  measured: MeasuredSteps,
  name: string,
  title: string,
  [timesAsFast, numberSeconds]: readonly [number, number],
): Machine {
  return {
    ...{ name, title, passSeconds: 0, numberSeconds },
    microBatch: measured.batchSize,
    host: { addBytesPerSecond: ADDED },
    imageSeconds: (plan) => {
      const flopsOf = phaseFlops(plan);
      const unfrozen = flopsOf(plan.phases[0]);
      return (phase) => {
        const flops = flopsOf(phase);
        return flops * flopSeconds(measured)(flops / unfrozen) / timesAsFast;
      };
    },
  };
}

/** A graphics card that computes so many operations each second. */
function card(teraflops: number): Machine {
  const { passSeconds, updateBytesPerSecond, busBytesPerSecond } =
    ASSUMPTIONS.card;
  return {
    name: `card ${teraflops}`,
    title: `Node with a card, assumed to do ${teraflops} TFLOP/s`,
    passSeconds,
    microBatch: 256,
    numberSeconds: UPDATE_BYTES / updateBytesPerSecond,
    host: { addBytesPerSecond: ADDED, busBytesPerSecond },
    imageSeconds: (plan) => {
      const flopsOf = phaseFlops(plan);
      return (phase) => flopsOf(phase) / (teraflops * 1e12);
    },
  };
}

/** All machines. */
export function machinesOf(measured: MeasuredSteps): readonly Machine[] {
  const { timesAsFast, updateBytesPerSecond } = ASSUMPTIONS.cores64;
  return [
    cores(measured, "2 cores", "Node of 2 cores, as measured with ViT-B", [
      1,
      measured.numberSeconds,
    ]),
    cores(
      measured,
      "64 cores",
      "Node of 64 cores, assumed to be 32 times as fast",
      [
        timesAsFast,
        UPDATE_BYTES / updateBytesPerSecond,
      ],
    ),
    card(30),
    card(150),
  ];
}
