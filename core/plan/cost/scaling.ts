/**
 * Steps that several ranks share: what each computes, and what it waits for while
 * gradients are added up over a network.
 */
import type { Phase } from "../plan.ts";

/** Gradients that are added up over the ranks by one sum. */
export interface GradientBucket {
  /** Bytes of the gradients, `≥ 0`. */
  readonly bytes: number;
  /** Part of a forward and backward pass after which they are there, in `(0, 1]`. */
  readonly ready: number;
}

/** What one rank computes in a step. */
export interface RankWork {
  /** Seconds of a forward and backward pass that do not depend on its images, `≥ 0`. */
  readonly passSeconds: number;
  /** Seconds of a forward and backward pass for each of its images, `> 0`. */
  readonly imageSeconds: number;
  /** Images of a pass at most; those of a step are computed in passes of equal size. */
  readonly microBatch: number;
  /** Seconds of the optimizer, which every rank runs for all parameters. */
  readonly updateSeconds: number;
  /** Sums of a step in the order in which their gradients are there; all during the last pass. */
  readonly buckets: readonly GradientBucket[];
}

/** What carries gradients from rank to rank. */
export interface Network {
  /** Bits that a rank sends each second while it receives as many. */
  readonly bitsPerSecond: number;
  /** Seconds of a message of no length. */
  readonly latencySeconds: number;
  /** Bytes of gradients that a rank adds each second; by default it takes no time. */
  readonly addBytesPerSecond?: number;
  /**
   * Bytes each second between a card and main memory, both ways at once; by default
   * gradients are in main memory.
   */
  readonly busBytesPerSecond?: number;
}

/** Growth of a step with the number of ranks. */
export type Scaling =
  /** All ranks share a step of the same size. */
  | { readonly _tag: "Strong"; readonly images: number }
  /** Every rank brings as many images of its own. */
  | { readonly _tag: "Weak"; readonly imagesPerRank: number };

/** Course of one sum, in seconds from the beginning of the step. */
export interface BucketSum {
  /** Its gradients are there. */
  readonly ready: number;
  /** Its first message is sent. */
  readonly begins: number;
  /** Every rank has the sum where it computes. */
  readonly ends: number;
}

/** Predicted course of a step. */
export interface StepPrediction {
  /** Seconds of the forward and backward passes. */
  readonly gradientSeconds: number;
  /** Seconds of waiting for sums after the last pass. */
  readonly exposedSeconds: number;
  /** Seconds of the step: gradient, waiting and optimizer. */
  readonly stepSeconds: number;
  /** Images of all ranks each second. */
  readonly imagesPerSecond: number;
  /** The sums, none with one rank. */
  readonly sums: readonly BucketSum[];
}

/** Images of a whole step. */
export function stepImages(scaling: Scaling): (ranks: number) => number {
  return (ranks) =>
    scaling._tag === "Strong" ? scaling.images : ranks * scaling.imagesPerRank;
}

/**
 * Seconds of the sum of a bucket on the network, by halving and doubling: a rank sends and
 * receives `2·bytes·(R − 1)/R` in `2·⌈log₂ R⌉` messages, and adds half of what it receives.
 */
export function sumSeconds(
  { bitsPerSecond, latencySeconds, addBytesPerSecond = Infinity }: Network,
  ranks: number,
): (bytes: number) => number {
  const messages = 2 * Math.ceil(Math.log2(ranks));
  const part = (ranks - 1) / ranks;
  return (bytes) =>
    bytes === 0 ? 0 : messages * latencySeconds +
      part * bytes * (16 / bitsPerSecond + 1 / addBytesPerSecond);
}

/**
 * Course of the sums of a step: each bucket goes from the card to main memory, through
 * the network and back, and each of the three ways serves one bucket after another.
 *
 * @param readyAt When each bucket is there, seconds, not falling.
 */
function courseOf(
  buckets: readonly GradientBucket[],
  network: Network,
  ranks: number,
  readyAt: (bucket: GradientBucket) => number,
): readonly BucketSum[] {
  const { busBytesPerSecond = Infinity } = network;
  const summing = sumSeconds(network, ranks);
  const free = { out: 0, wire: 0, back: 0 };
  return buckets.map((bucket) => {
    const { bytes } = bucket;
    const ready = readyAt(bucket);
    const copying = bytes / busBytesPerSecond;
    free.out = Math.max(ready, free.out) + copying;
    const begins = Math.max(free.out, free.wire);
    free.wire = begins + summing(bytes);
    free.back = Math.max(free.wire, free.back) + copying;
    return { ready, begins, ends: free.back };
  });
}

/**
 * Prediction of a step on several ranks that are equally fast, event by event: a sum
 * begins when its gradients are there and the network is free, and the optimizer when the
 * last sum has ended.
 *
 * @param work What a rank computes.
 * @param network What carries the gradients.
 * @returns A function from the images of the whole step and the number of ranks, from 1 to
 * `images`, to the course of the step; the rank with the most images counts.
 *
 * @example Two ranks; half of the gradients are added up behind the backward pass
 * ```ts
 * import { predictStep } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const work = {
 *   passSeconds: 0,
 *   imageSeconds: 0.5,
 *   microBatch: 8,
 *   updateSeconds: 0.25,
 *   buckets: [{ bytes: 1e9, ready: 0.75 }, { bytes: 1e9, ready: 1 }],
 * };
 * const network = { bitsPerSecond: 8e9, latencySeconds: 0 };
 *
 * deepStrictEqual(predictStep(work, network)(16, 2), {
 *   gradientSeconds: 4,
 *   exposedSeconds: 1,
 *   stepSeconds: 5.25,
 *   imagesPerSecond: 16 / 5.25,
 *   sums: [{ ready: 3, begins: 3, ends: 4 }, { ready: 4, begins: 4, ends: 5 }],
 * });
 * ```
 */
export function predictStep(
  work: RankWork,
  network: Network,
): (images: number, ranks: number) => StepPrediction {
  const { passSeconds, imageSeconds, microBatch, updateSeconds } = work;
  return (images, ranks) => {
    const share = Math.ceil(images / ranks);
    const passes = Math.ceil(share / microBatch);
    const gradientSeconds = passes * passSeconds + share * imageSeconds;
    const lastPass = gradientSeconds / passes;
    const sums = ranks === 1 ? [] : courseOf(
      ...[work.buckets, network, ranks] as const,
      ({ ready }) => gradientSeconds - (1 - ready) * lastPass,
    );
    const end = sums.at(-1)?.ends ?? gradientSeconds;
    const exposedSeconds = Math.max(0, end - gradientSeconds);
    const stepSeconds = gradientSeconds + exposedSeconds + updateSeconds;
    return {
      gradientSeconds,
      exposedSeconds,
      stepSeconds,
      imagesPerSecond: images / stepSeconds,
      sums,
    };
  };
}

/** A phase, and what a rank computes in one of its steps. */
export interface PhaseWork {
  /** When it begins and ends, optimizer steps. */
  readonly phase: Pick<Phase, "from" | "to">;
  /** The work of a step. */
  readonly work: RankWork;
}

/** Predicted course of a run or of some of its phases. */
export interface RunPrediction {
  /** Steps in the order of the phases. */
  readonly phases: readonly StepPrediction[];
  /** Seconds of all steps. */
  readonly seconds: number;
  /** Images each second, over all steps. */
  readonly imagesPerSecond: number;
  /** Images each second of a rank as a part of those of one rank alone, in `(0, 1]`. */
  readonly efficiency: number;
}

/** Steps of each phase, seconds of all of them and images each second. */
const courseOfRun = (
  works: readonly PhaseWork[],
  network: Network,
  images: number,
  ranks: number,
): Omit<RunPrediction, "efficiency"> => {
  const phases = works.map(({ work }) =>
    predictStep(work, network)(images, ranks)
  );
  const lengths = works.map(({ phase: { from, to } }) => to - from);
  const steps = lengths.reduce((sum, length) => sum + length, 0);
  const seconds = phases.reduce(
    (sum, { stepSeconds }, i) => sum + (lengths[i] ?? NaN) * stepSeconds,
    0,
  );
  return { phases, seconds, imagesPerSecond: steps * images / seconds };
};

/**
 * Prediction of a whole run on several ranks: the steps of each phase count as often as
 * there are.
 *
 * @param works All phases of a run, or those of interest.
 * @param network What carries the gradients.
 * @param scaling Images of a step; with `Strong` at least as many as ranks.
 * @returns A function from the number of ranks to the course of the run.
 */
export function predictRun(
  works: readonly PhaseWork[],
  network: Network,
  scaling: Scaling,
): (ranks: number) => RunPrediction {
  const imagesOf = stepImages(scaling);
  const courseOn = (ranks: number) =>
    courseOfRun(works, network, imagesOf(ranks), ranks);
  const alone = courseOn(1);
  return (ranks) => {
    const course = courseOn(ranks);
    const efficiency = course.imagesPerSecond /
      (ranks * alone.imagesPerSecond);
    return { ...course, efficiency };
  };
}
