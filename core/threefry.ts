/**
 * Threefry-2x32: a keyed bijection of 64 bits, after Salmon, Moraes, Dror and
 * Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
 *
 * @module
 */

/** Two unsigned 32-bit words: a key, a counter or a block of random bits. */
export type Words = readonly [number, number];

/** `C₂₄₀` of the paper, its low 32 bits: keeps an all-zero key from being weak. */
const KEY_PARITY = 0x1bd11bda;
const EVEN_ROTATIONS: readonly number[] = [13, 15, 26, 6];
const ODD_ROTATIONS: readonly number[] = [17, 29, 16, 24];
/** 20 rounds, the number the paper recommends for a margin of safety. */
const GROUPS_OF_FOUR_ROUNDS = 5;

/** Writes into an array that exists, because a million pairs would be garbage. */
function writeBlock(
  blocks: Uint32Array,
  at: number,
  key: Words,
  counter: Words,
): void {
  let [next, after, last] = [key[0], key[1], key[0] ^ key[1] ^ KEY_PARITY];
  let x = (counter[0] + next) | 0;
  let y = (counter[1] + after) | 0;
  for (let group = 0; group < GROUPS_OF_FOUR_ROUNDS; group++) {
    for (const bits of group % 2 === 0 ? EVEN_ROTATIONS : ODD_ROTATIONS) {
      x = (x + y) | 0;
      y = ((y << bits) | (y >>> (32 - bits))) ^ x;
    }
    [next, after, last] = [after, last, next];
    x = (x + next) | 0;
    y = (y + after + group + 1) | 0;
  }
  blocks[at] = x;
  blocks[at + 1] = y;
}

/**
 * One block of random bits.
 *
 * For a fixed key it is a bijection of counters; for different keys the
 * bijections are unrelated. Total: words beyond 32 bits are taken modulo `2³²`.
 *
 * @param key Which bijection, two uint32.
 * @param counter Which block, two uint32.
 * @returns Two uint32.
 *
 * @example The published known answer for zeros
 * ```ts
 * import { threefry2x32 } from "@vitfreeze/vitfreeze/core";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * deepStrictEqual(threefry2x32([0, 0], [0, 0]), [0x6b200159, 0x99ba4efe]);
 * ```
 */
export function threefry2x32(key: Words, counter: Words): Words {
  const block = new Uint32Array(2);
  writeBlock(block, 0, key, counter);
  const [x = 0, y = 0] = block;
  return [x, y];
}

/**
 * The blocks of the counters `(0, 0), (1, 0), …, (count − 1, 0)`.
 *
 * @param key Which bijection, two uint32.
 * @param count Blocks wanted, a whole number in `[0, 2³¹)`.
 * @returns `2·count` words; block `i` at `2i` and `2i + 1`.
 */
export function threefryBlocks(key: Words, count: number): Uint32Array {
  const blocks = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) writeBlock(blocks, 2 * i, key, [i, 0]);
  return blocks;
}
