/**
 * Randomness without state: a key is a value, and what is drawn from it is a
 * function of the key alone.
 *
 * Every key of a training run comes from its seed:
 *
 * ```text
 * rootKey(seed)
 * ├─ "parameters"        first values, one key for each tensor's name
 * └─ epoch               epochKey(seed, epoch)
 *    ├─ "order"          in which order the epoch shows the images
 *    └─ sample index     one image of the source, whatever its place in a batch
 *       ├─ "crop"        sampleKey(seed, epoch, index, "crop")
 *       ├─ "flip"
 *       ├─ "mask"
 *       ├─ "augment"     which operations on its pixels
 *       ├─ "erase"       which rectangle becomes noise
 *       └─ "replacement"  which images may stand in for one that is damaged
 * ```
 *
 * So a sample of an epoch sees the same crop and the same mask whatever the
 * batch size, the point a run was resumed from, or the number of processes.
 */
import { threefry2x32, threefryBlocks, type Words } from "./threefry.ts";

/** A source of randomness; equal keys give equal numbers, for ever. */
export interface Key {
  /** Two uint32. */
  readonly words: Words;
}

/** Uses of the randomness of one sample. */
export type SamplePurpose =
  | "crop"
  | "flip"
  | "mask"
  | "augment"
  | "erase"
  | "replacement";

/** Second counter word of a draw is 0, so no label ever repeats a draw. */
const NUMBER_LABEL = 1;
const TEXT_LABEL = 2;

/** The two halves of an IEEE 754 double; `−0` counts as `0`. */
function bitsOf(value: number): Words {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value + 0);
  return [view.getUint32(0), view.getUint32(4)];
}

/**
 * The key that all others of a run come from.
 *
 * Total: different numbers give different keys, fractions and negatives too.
 *
 * @param seed Any number.
 */
export function rootKey(seed: number): Key {
  return { words: bitsOf(seed) };
}

/**
 * A key that has nothing to do with its parent or with its siblings.
 *
 * Total: every label is accepted; the number 1 and the text "1" are different
 * labels. Two paths of labels lead to the same key with probability `2⁻⁶⁴`.
 *
 * @param key The parent.
 * @param label Label of the child.
 *
 * @example Siblings draw different numbers, the same child the same ones
 * ```ts
 * import { rootKey, split } from "@vitfreeze/vitfreeze";
 * import { uniforms } from "./random.ts";
 * import { deepStrictEqual, notDeepStrictEqual } from "node:assert/strict";
 *
 * const key = rootKey(42);
 * const crop = uniforms(split(key, "crop"), 4);
 *
 * deepStrictEqual(uniforms(split(key, "crop"), 4), crop);
 * notDeepStrictEqual(uniforms(split(key, "flip"), 4), crop);
 * ```
 */
export function split(key: Key, label: string | number): Key {
  const { kind, words } = encodeLabel(label);
  const absorb = (state: Words, word: number): Words =>
    threefry2x32(state, [word, kind]);
  return { words: words.reduce(absorb, key.words) };
}

/** A text starts with its length: then none is the beginning of another. */
function encodeLabel(
  label: string | number,
): { readonly kind: number; readonly words: readonly number[] } {
  if (typeof label === "number") {
    return { kind: NUMBER_LABEL, words: bitsOf(label) };
  }
  const { length } = label;
  const codes = Array.from({ length }, (_, i) => label.charCodeAt(i));
  return { kind: TEXT_LABEL, words: [length, ...codes] };
}

/**
 * Numbers evenly spread over `[0, 1)`, with 53 random bits each.
 *
 * Number `i` depends on the key and `i` only: fewer numbers are a prefix of
 * more. Rounded to float32, a number close to 1 may become 1.
 *
 * @param key Key of the stream.
 * @param count Number of them, a whole number `≥ 0`.
 * @returns `count` numbers in `[0, 1)`.
 */
export function uniforms(key: Key, count: number): Float64Array {
  const blocks = threefryBlocks(key.words, count);
  const numbers = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const high = (blocks[2 * i] ?? 0) >>> 5;
    const low = (blocks[2 * i + 1] ?? 0) >>> 6;
    numbers[i] = (high * 2 ** 26 + low) * 2 ** -53;
  }
  return numbers;
}

/**
 * Numbers from the standard normal distribution.
 *
 * `√(−2 ln(1 − u)) · cos 2πv` and the same with `sin`, from two uniform numbers
 * `u` and `v`; `1 − u > 0` keeps the logarithm finite. Fewer numbers are a
 * prefix of more.
 *
 * @param key Key of the stream.
 * @param count Number of them, a whole number `≥ 0`.
 * @returns `count` finite numbers with mean 0 and deviation 1.
 *
 * @see Box and Muller, A Note on the Generation of Random Normal Deviates, 1958.
 */
export function normals(key: Key, count: number): Float64Array {
  const u = uniforms(key, count + count % 2);
  return new Float64Array(count).map((_, i) => {
    const even = i - i % 2;
    const radius = Math.sqrt(-2 * Math.log(1 - (u[even] ?? 0)));
    const angle = 2 * Math.PI * (u[even + 1] ?? 0);
    return radius * (i === even ? Math.cos(angle) : Math.sin(angle));
  });
}

/**
 * The whole numbers `0 … count − 1` in random order, all orders equally likely
 * (Fisher and Yates).
 *
 * @param key Key of the order.
 * @param count Number of them, a whole number `≥ 0`.
 * @returns `count` different indices.
 */
export function permutation(key: Key, count: number): Int32Array {
  const order = new Int32Array(count).map((_, i) => i);
  const u = uniforms(key, count);
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor((u[last] ?? 0) * (last + 1));
    const moved = order[last] ?? 0;
    order[last] = order[chosen] ?? 0;
    order[chosen] = moved;
  }
  return order;
}

/**
 * Key of one epoch.
 *
 * @param seed Seed of the run.
 * @param epoch Epoch, counted from 0.
 */
export function epochKey(seed: number, epoch: number): Key {
  return split(rootKey(seed), epoch);
}

/**
 * The order in which an epoch shows the images.
 *
 * @param seed Seed of the run.
 * @param epoch Epoch, counted from 0.
 * @param count Images of the source.
 * @returns Every index once, `count` in all.
 */
export function epochOrder(
  seed: number,
  epoch: number,
  count: number,
): Int32Array {
  return permutation(split(epochKey(seed, epoch), "order"), count);
}

/**
 * Key of one use of randomness for one sample of one epoch.
 *
 * @param seed Seed of the run.
 * @param epoch Epoch, counted from 0.
 * @param index Index of the sample in its source, not in the batch.
 * @param purpose Purpose of the numbers.
 */
export function sampleKey(
  seed: number,
  epoch: number,
  index: number,
  purpose: SamplePurpose,
): Key {
  return split(split(epochKey(seed, epoch), index), purpose);
}

/**
 * One draw from the gamma distribution of shape `a ≥ 1` and scale 1. Each attempt
 * has a key of its own; about one in twenty is rejected.
 *
 * @see Marsaglia and Tsang, A Simple Method for Generating Gamma Variables, 2000.
 */
function gammaFromOne(key: Key, a: number): number {
  const d = a - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let attempt = 0;; attempt++) {
    const own = split(key, attempt);
    const [x = 0] = normals(split(own, "normal"), 1);
    const [u = 0] = uniforms(split(own, "uniform"), 1);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - u) < 0.5 * x * x + d * (1 - v + Math.log(v))) {
      return d * v;
    }
  }
}

/** One draw from the gamma distribution of any shape `a > 0`; below 1 by a power of a uniform number. */
function gamma(key: Key, a: number): number {
  if (a >= 1) return gammaFromOne(key, a);
  const [u = 0] = uniforms(split(key, "power"), 1);
  return gammaFromOne(key, a + 1) * (1 - u) ** (1 / a);
}

/**
 * One number from the beta distribution `Beta(a, b)`.
 *
 * @param key Key of the stream.
 * @param a First shape, `> 0`.
 * @param b Second shape, `> 0`.
 * @returns A number in `[0, 1]` with mean `a / (a + b)`.
 */
export function betaDraw(key: Key, a: number, b: number): number {
  const x = gamma(split(key, "a"), a);
  const y = gamma(split(key, "b"), b);
  return x + y > 0 ? x / (x + y) : 0.5;
}
