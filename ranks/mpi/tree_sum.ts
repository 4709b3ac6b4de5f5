/**
 * Sums over ranks as a balanced binary tree, each number added up on one rank only.
 *
 * On the way down every rank adds to half of its numbers those of a partner, whose other
 * half it gives away: first with the rank whose number differs in the last bit, then, with
 * half as many, in the bit before, and so on. In the end each rank holds the sums of its
 * own part. On the way up the partners give each other what they hold, in reverse order.
 * Each rank so sends and receives `2 n (1 − 1 / size)` numbers, the least that is possible.
 *
 * @see {@link https://doi.org/10.1177/1094342005051521}
 */
import { MOST_IN_CALL } from "./mpi_library.ts";

/** What a sum needs of the ranks. */
export interface Adder {
  readonly rank: number;
  readonly size: number;
  /** Sends numbers to another rank and receives others from it. */
  swap(given: Float32Array, into: Float32Array, other: number): Promise<void>;
  /** Adds numbers to as many others. */
  add(numbers: Float32Array, to: Float32Array): Promise<void>;
}

/** A stretch of numbers, from one index to before another. */
export type Stretch = readonly [from: number, to: number];

/** An exchange of two ranks. */
export interface Halving {
  readonly partner: number;
  /** What this rank adds up. */
  readonly kept: Stretch;
  /** What the partner adds up. */
  readonly given: Stretch;
}

/**
 * Numbers that are swapped and added at once: 8 MiB. With less, ranks wait for each other
 * more often than they add; with more, fresh memory for what comes takes as long as the sum.
 */
const PIECE = 2 ** 21;

/** Are as many ranks summed as a balanced tree? */
export function isTreeSize(size: number): boolean {
  return Number.isInteger(Math.log2(size));
}

/**
 * The exchanges of a rank on the way down.
 *
 * @param size Number of ranks, a power of two.
 * @param length Number of numbers, `≥ 0`; it need not be divisible.
 */
export function halvings(
  rank: number,
  size: number,
  length: number,
): readonly Halving[] {
  const steps: Halving[] = [];
  let [from, to]: Stretch = [0, length];
  for (let bit = 1; bit < size; bit *= 2) {
    const middle = from + Math.ceil((to - from) / 2);
    const [lower, upper]: Stretch[] = [[from, middle], [middle, to]];
    const isLower = (rank & bit) === 0;
    const [kept, given] = isLower ? [lower!, upper!] : [upper!, lower!];
    steps.push({ partner: rank ^ bit, kept, given });
    [from, to] = kept;
  }
  return steps;
}

/**
 * Adds numbers up over all ranks, in place, as `((0 + 1) + (2 + 3)) + …`.
 *
 * @param adder This rank; its sums are carried out one after another.
 * @param onPartner Hears each time with which rank numbers are swapped next.
 */
export async function treeSum(
  adder: Adder,
  numbers: Float32Array,
  onPartner: (rank: number) => void = () => {},
): Promise<void> {
  const steps = halvings(adder.rank, adder.size, numbers.length);
  const scratch = scratchOf(adder, Math.min(PIECE, numbers.length));
  for (const step of steps) {
    onPartner(step.partner);
    await addHalf(adder, numbers, step, scratch);
  }
  for (const { partner, kept, given } of steps.toReversed()) {
    onPartner(partner);
    for (const [a, b] of piecesOf(kept, given, MOST_IN_CALL)) {
      await adder.swap(numbers.subarray(...a), numbers.subarray(...b), partner);
    }
  }
}

/** For each rank, memory for what comes, kept from sum to sum: fresh memory is slow. */
const scratches = new WeakMap<Adder, Float32Array>();

function scratchOf(adder: Adder, length: number): Float32Array {
  const kept = scratches.get(adder);
  if (kept !== undefined && kept.length >= length) return kept;
  const scratch = new Float32Array(new ArrayBuffer(4 * length));
  scratches.set(adder, scratch);
  return scratch;
}

async function addHalf(
  adder: Adder,
  numbers: Float32Array,
  { partner, kept, given }: Halving,
  scratch: Float32Array,
): Promise<void> {
  for (const [away, here] of piecesOf(given, kept, PIECE)) {
    const to = numbers.subarray(...here);
    const heard = scratch.subarray(0, to.length);
    await adder.swap(numbers.subarray(...away), heard, partner);
    if (to.length > 0) await adder.add(heard, to);
  }
}

/** Two stretches of about the same length, cut into as many pieces. */
function piecesOf(
  a: Stretch,
  b: Stretch,
  piece: number,
): readonly (readonly [Stretch, Stretch])[] {
  const longest = Math.max(a[1] - a[0], b[1] - b[0]);
  const count = Math.ceil(longest / piece);
  return Array.from({ length: count }, (_, i) => [
    stretchOf(a, i * piece, piece),
    stretchOf(b, i * piece, piece),
  ]);
}

function stretchOf([from, to]: Stretch, at: number, length: number): Stretch {
  const start = Math.min(to, from + at);
  return [start, Math.min(to, start + length)];
}
