/** The part of every step that one rank computes, and the order in which parts are added up. */
import {
  type Fault,
  left,
  type Result,
  right,
  sizeOf,
} from "../../core/mod.ts";
import type { Backend } from "../../backends/backend.ts";
import {
  rowCount,
  type RowStretch,
  type StepRows,
} from "../../data/loader/step_rows.ts";
import type { RankPlace } from "../../ranks/mod.ts";
import type { TrainError } from "../train_error.ts";
import type { Task } from "./task.ts";

/** With fewer samples the overhead of an operator weighs more than its work. */
const FEWEST_SAMPLES = 4;

/** Limit of the gradients of all parts, bytes: adding them up costs time too. */
const MOST_BYTES = 2 ** 29;

/** Most groups of micro-batches: with more, more sums would be held at one time. */
const MOST_GROUPS = 4;

/** Part of every step; its samples are `batches`, one for each micro-batch of this rank. */
export interface StepShare extends StepRows {
  /** Micro-batches of a step, of all ranks. */
  readonly wholeIter: number;
  /** Micro-batches of this rank in a step. */
  readonly accumIter: number;
  /** Samples of one of them. */
  readonly batchSize: number;
  /** Parts of a micro-batch that are computed at one time. */
  readonly parts: number;
  /**
   * Number of groups of parts, a power of two. Each is added up in its order; then the
   * groups are added up as a balanced binary tree, whose upper levels are the ranks.
   */
  readonly groups: number;
  /** Groups are micro-batches that follow each other, or the same parts of every micro-batch. */
  readonly groupedBy: "batches" | "parts";
  /** Number of the whole micro-batch in its step that each one is, or is a part of. */
  readonly places: readonly number[];
}

/** The order in which the parts of a step are added up. */
export type SumOrder = Pick<
  StepShare,
  "accumIter" | "parts" | "groups" | "groupedBy"
>;

/** A task as far as its steps are divided. */
export type Divided = Pick<
  Task<unknown>,
  "isDivisible" | "together" | "mixes" | "training" | "stateShapes"
>;

/** A rank among others. */
type Place = Pick<RankPlace, "rank" | "size">;

const range = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => i);

/** The largest divisor of a number up to a limit. */
const divisorUpTo = (n: number, most: number): number =>
  range(Math.max(1, Math.min(n, most))).map((i) => i + 1)
    .findLast((d) => n % d === 0) ?? 1;

/** Bytes of all parameters: no phase has more gradients, so that parts are the same in all. */
const parameterBytes = ({ stateShapes }: Divided): number =>
  4 * stateShapes(0).parameters
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Parts of some samples that pay: a divisor of their number. */
function partsOf(task: Divided, samples: number, runs: number): number {
  if (!task.isDivisible) return 1;
  const { together = 1 } = task;
  const limits = [
    runs,
    Math.floor(samples / FEWEST_SAMPLES),
    Math.floor(MOST_BYTES / parameterBytes(task)),
  ];
  return divisorUpTo(samples / together, Math.min(...limits));
}

/** Part `rank` of `size` nearly equal ones. */
const stretchOf = (length: number, { rank, size }: Place): RowStretch => {
  const [from, end] = [rank, rank + 1].map((r) =>
    Math.floor(length * r / size)
  ) as [number, number];
  return { from, count: end - from };
};

/** The largest power of two that divides a number, up to a limit. */
const twosIn = (n: number, most: number): number =>
  n % 2 === 0 && most >= 2 ? 2 * twosIn(n / 2, most / 2) : 1;

/** Whole micro-batches of one rank. */
function wholeBatches(
  task: Divided,
  runs: number,
  { rank, size }: Place,
): StepShare {
  const { batchSize, accumIter: wholeIter } = task.training;
  const accumIter = wholeIter / size;
  const places = range(accumIter).map((k) => rank * accumIter + k);
  // By the threads of all ranks, so that two ranks of one thread do what one of two does.
  const parts = partsOf(task, batchSize, runs * size);
  const groups = twosIn(wholeIter, MOST_GROUPS) / size;
  return {
    ...{ images: batchSize * wholeIter, wholeIter },
    ...{ accumIter, batchSize, places, parts },
    ...wholeIter === 1 ? groupedParts(parts) : {
      groups: Number.isInteger(groups) ? groups : 1,
      groupedBy: "batches",
    },
    batches: places.map((k) => [{ from: k * batchSize, count: batchSize }]),
  };
}

/** Every part of the only micro-batch as a group, as far as they make a balanced tree. */
const groupedParts = (
  parts: number,
): Pick<StepShare, "groups" | "groupedBy"> => ({
  groups: twosIn(parts, Infinity),
  groupedBy: "parts",
});

/**
 * A part of every micro-batch: one stretch, or, where each sample is mixed with its partner
 * in opposite order, one from the beginning and its mirror image from the end.
 */
function partOfBatches(
  task: Divided,
  place: Place,
): Omit<StepShare, "parts" | "groups" | "groupedBy"> {
  const { batchSize: whole, accumIter } = task.training;
  const { mixes = false, together = 1 } = task;
  const groups = stretchOf((mixes ? whole / 2 : whole) / together, place);
  const [from, count] = [groups.from * together, groups.count * together];
  const stretches = mixes
    ? [{ from, count }, { from: whole - from - count, count }]
    : [{ from, count }];
  const places = range(accumIter);
  return {
    ...{ images: whole * accumIter, wholeIter: accumIter, accumIter, places },
    batchSize: rowCount(stretches),
    batches: places.map((k) =>
      stretches.map(({ from, count }) => ({ from: k * whole + from, count }))
    ),
  };
}

/** Parts of each of the micro-batches of which a rank computes a part. */
function partsOfPart(
  task: Divided,
  runs: number,
  { size }: Place,
  own: number,
): number {
  const { batchSize, accumIter } = task.training;
  const all = partsOf(task, batchSize, runs * size);
  return accumIter === 1 && task.mixes !== true && all % size === 0
    ? all / size
    : partsOf(task, own, runs);
}

/** The part of a rank, where there are not too many. */
function sharedBy(task: Divided, runs: number, place: Place): StepShare {
  const { accumIter } = task.training;
  if (accumIter % place.size === 0) return wholeBatches(task, runs, place);
  const share = partOfBatches(task, place);
  const parts = partsOfPart(task, runs, place, share.batchSize);
  return accumIter === 1
    ? { ...share, parts, ...groupedParts(parts) }
    : { ...share, parts, groups: 1, groupedBy: "batches" };
}

/** What is wrong with the number of ranks, or `null`. */
function sizeFault(task: Divided, { size }: Place): Fault | null {
  const { batchSize, accumIter } = task.training;
  const { together = 1 } = task;
  const units = batchSize / together;
  const most = task.mixes === true ? Math.floor(units / 2) : units;
  const isMixedInPairs = task.mixes !== true || batchSize % 2 === 0;
  if (accumIter % size === 0 || (size <= most && isMixedInPairs)) return null;
  return {
    _tag: "OutOfRange",
    path: "ranks",
    found: size,
    wanted: isMixedInPairs
      ? `at most ${most}, or a divisor of the ${accumIter} micro-batches of a step, which they share`
      : `a divisor of the ${accumIter} micro-batches of a step, or an even batch size: samples are mixed in pairs`,
  };
}

/**
 * The part of every step that a rank computes: whole micro-batches where their number is a
 * multiple of the ranks', else a part of each.
 *
 * The sums of gradients agree to the bit with those of 1, 2 and 4 ranks where a step has
 * 4, 8, 12 … micro-batches, and where it has one and all ranks together have as many
 * threads each time; else within rounding.
 *
 * @param task Its lengths are those of the whole step.
 * @param parallelRuns Runs that the engine of one rank computes at one time; as many on
 * each.
 * @returns The part, or why there are too many ranks.
 */
export function stepShare(
  task: Divided,
  parallelRuns: number,
  place: Place,
): Result<TrainError, StepShare> {
  const fault = sizeFault(task, place);
  return fault === null
    ? right(sharedBy(task, parallelRuns, place))
    : left({ _tag: "BadConfig", faults: [fault] });
}

/** All of every step, where there is one rank. */
export const onlyShare = (
  task: Divided,
  { parallelRuns = 1 }: Pick<Backend, "parallelRuns">,
): StepShare => sharedBy(task, parallelRuns, { rank: 0, size: 1 });

/**
 * Number in its epoch of the whole micro-batch that one of a rank's is, or is a part of.
 *
 * @param k Number of the rank's micro-batch in the epoch, from 0.
 */
export const wholeBatch = (
  { places, wholeIter, accumIter }: StepShare,
  k: number,
): number =>
  Math.floor(k / accumIter) * wholeIter + (places[k % accumIter] ?? 0);

/** The task with the lengths of a part of its steps. */
export function sharedTask<Item>(
  task: Task<Item>,
  { batchSize, accumIter }: Pick<StepShare, "batchSize" | "accumIter">,
): Task<Item> {
  const { training } = task;
  return training.batchSize === batchSize && training.accumIter === accumIter
    ? task
    : { ...task, training: { ...training, batchSize, accumIter } };
}
