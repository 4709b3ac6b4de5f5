/** The part of every step that one rank computes, and the order in which parts are added up. */
import {
  type Fault,
  left,
  type Result,
  right,
  sizeOf,
} from "../../core/mod.ts";
import type { RowStretch, StepRows } from "../../data/mod.ts";
import type { RankPlace } from "../../ranks/mod.ts";
import type { TrainError } from "../train_error.ts";
import type { Task } from "./task.ts";

/** With fewer samples the overhead of an operator weighs more than its work. */
const FEWEST_SAMPLES = 4;

/** Limit of the gradients of all parts, bytes: adding them up costs time too. */
const MOST_BYTES = 2 ** 29;

/** Groups of a step's parts, where the number of ranks does not ask for more: 1, 2 and 4 ranks then agree to the bit. */
const GROUPS = 4;

/** Part of every step. */
export interface StepShare {
  /** Samples of a step, of all ranks. */
  readonly images: number;
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
  /** The samples of each micro-batch. */
  readonly rows: StepRows["batches"];
  /** Number of the whole micro-batch in its step that each one is, or is a part of. */
  readonly places: readonly number[];
}

/** A task as far as its steps are divided. */
export type Divided = Pick<
  Task<unknown>,
  "isDivisible" | "mixes" | "training" | "stateShapes"
>;

/** A rank among others. */
type Place = Pick<RankPlace, "rank" | "size">;

const range = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => i);

/** The largest divisor of a number up to a limit. */
const divisorUpTo = (n: number, most: number): number =>
  range(Math.max(1, Math.min(n, most))).map((i) => i + 1)
    .findLast((d) => n % d === 0) ?? 1;

/** Bytes of all parameters, as many as their gradients take in the first phase. */
const gradientBytes = ({ stateShapes }: Divided): number =>
  4 * stateShapes(0).parameters
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Parts of some samples that pay: a divisor of their number. */
function partsOf(task: Divided, samples: number, runs: number): number {
  if (!task.isDivisible) return 1;
  const limits = [
    runs,
    Math.floor(samples / FEWEST_SAMPLES),
    Math.floor(MOST_BYTES / gradientBytes(task)),
  ];
  return divisorUpTo(samples, Math.min(...limits));
}

/** Part `rank` of `size` nearly equal ones. */
const stretchOf = (length: number, { rank, size }: Place): RowStretch => {
  const [from, end] = [rank, rank + 1].map((r) =>
    Math.floor(length * r / size)
  ) as [number, number];
  return { from, count: end - from };
};

/** Whole micro-batches of one rank. */
function wholeBatches(
  task: Divided,
  runs: number,
  { rank, size }: Place,
  groups: number,
): StepShare {
  const { batchSize, accumIter: all } = task.training;
  const accumIter = all / size;
  const places = range(accumIter).map((k) => rank * accumIter + k);
  return {
    ...{ images: batchSize * all, accumIter, batchSize, places, groups },
    groupedBy: "batches",
    // By the threads of all ranks, so that two ranks of one thread do what one of two does.
    parts: partsOf(task, batchSize, runs * size),
    rows: places.map((k) => [{ from: k * batchSize, count: batchSize }]),
  };
}

/**
 * A part of every micro-batch: one stretch, or, where each sample is mixed with its partner
 * in opposite order, one from the beginning and its mirror image from the end.
 */
function partOfBatches(
  task: Divided,
  place: Place,
): Pick<StepShare, "accumIter" | "batchSize" | "rows" | "places" | "images"> {
  const { batchSize: whole, accumIter } = task.training;
  const mixes = task.mixes ?? false;
  const { from, count } = stretchOf(mixes ? whole / 2 : whole, place);
  const stretches = mixes
    ? [{ from, count }, { from: whole - from - count, count }]
    : [{ from, count }];
  const places = range(accumIter);
  return {
    ...{ images: whole * accumIter, accumIter, places },
    batchSize: stretches.reduce((sum, { count }) => sum + count, 0),
    rows: places.map((k) =>
      stretches.map(({ from, count }) => ({ from: k * whole + from, count }))
    ),
  };
}

/** Parts of every micro-batch that are grouped, for as many ranks as divide the groups. */
function groupedParts(
  task: Divided,
  runs: number,
  place: Place,
  groups: number,
): StepShare {
  const share = partOfBatches(task, place);
  const own = groups / place.size;
  const samples = task.training.batchSize / groups;
  const limits = [
    Math.floor(runs * place.size / groups),
    Math.floor(samples / FEWEST_SAMPLES),
    Math.floor(MOST_BYTES / gradientBytes(task) / groups),
  ];
  const parts = own * divisorUpTo(samples, Math.min(...limits));
  return { ...share, parts, groups: own, groupedBy: "parts" };
}

/** Groups that a step is to have: a multiple of the ranks. */
function wantedGroups(task: Divided, runs: number, size: number): number {
  const isOne = size === 1 && runs === 1;
  if (isOne || GROUPS % size !== 0 || !task.isDivisible) return size;
  const isCheap = gradientBytes(task) <= MOST_BYTES / GROUPS;
  return isCheap || task.training.accumIter % GROUPS === 0 ? GROUPS : size;
}

/** True if every micro-batch can be divided into so many groups. */
const canDivide = (task: Divided, groups: number): boolean =>
  task.isDivisible && task.mixes !== true &&
  task.training.batchSize % groups === 0 &&
  task.training.batchSize / groups >= FEWEST_SAMPLES;

/** What is wrong with the number of ranks, or `null`. */
function sizeFault(task: Divided, { size }: Place): Fault | null {
  const { batchSize, accumIter } = task.training;
  const most = task.mixes === true ? Math.floor(batchSize / 2) : batchSize;
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
 * The sums of gradients are a function of the configuration and of the threads of all ranks
 * together: with 1, 2 and 4 ranks they agree to the bit where micro-batches can be divided
 * into four equal groups, or where there are 4, 8, 12 … of them; large models are not
 * divided for that alone, since each group costs a sum of all gradients.
 *
 * @param task Its lengths are those of the whole step.
 * @param parallelRuns Runs that the engine of one rank computes at one time.
 * @param place The rank; by default there is one.
 * @returns The part, or why there are too many ranks.
 */
export function stepShare(
  task: Divided,
  parallelRuns: number,
  place: Place = { rank: 0, size: 1 },
): Result<TrainError, StepShare> {
  const fault = sizeFault(task, place);
  if (fault !== null) return left({ _tag: "BadConfig", faults: [fault] });
  const { size } = place;
  for (const groups of [wantedGroups(task, parallelRuns, size), size]) {
    if (task.training.accumIter % groups === 0) {
      return right(wholeBatches(task, parallelRuns, place, groups / size));
    }
    if (canDivide(task, groups)) {
      return right(groupedParts(task, parallelRuns, place, groups));
    }
  }
  const share = partOfBatches(task, place);
  const parts = partsOf(task, share.batchSize, parallelRuns);
  return right({ ...share, parts, groups: 1, groupedBy: "batches" });
}

/** The task with the lengths of a part of its steps. */
export function sharedTask<T extends Task<unknown>>(
  task: T,
  { batchSize, accumIter }: Pick<StepShare, "batchSize" | "accumIter">,
): T {
  return { ...task, training: { ...task.training, batchSize, accumIter } };
}
