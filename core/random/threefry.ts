/**
 * Threefry-2x32: a keyed bijection of 64 bits, after Salmon, Moraes, Dror and
 * Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
 */

/** Two unsigned 32-bit words: a key, a counter or a block of random bits. */
export type Words = readonly [number, number];

/** `C₂₄₀` of the paper, its low 32 bits: keeps an all-zero key from being weak. */
const KEY_PARITY = 0x1bd11bda;
const GROUPS_OF_FOUR_ROUNDS = 5;

const rotated = (word: number, bits: number): number =>
  (word << bits) | (word >>> (32 - bits));

/**
 * Writes into an array that exists, because a million pairs would be garbage.
 *
 * Five groups of four rounds, 20 in all: the number that the paper recommends for a
 * margin of safety. After each group a word of the key is added to `x` and the next
 * one, with the number of the group, to `y`.
 */
function writeBlock(
  blocks: Uint32Array,
  at: number,
  key: Words,
  first: number,
  second: number,
): void {
  let next = key[0];
  let after = key[1];
  let last = next ^ after ^ KEY_PARITY;
  let x = (first + next) | 0;
  let y = (second + after) | 0;
  for (let group = 1; group <= GROUPS_OF_FOUR_ROUNDS; group++) {
    const isOdd = group % 2 === 1;
    x = (x + y) | 0;
    y = rotated(y, isOdd ? 13 : 17) ^ x;
    x = (x + y) | 0;
    y = rotated(y, isOdd ? 15 : 29) ^ x;
    x = (x + y) | 0;
    y = rotated(y, isOdd ? 26 : 16) ^ x;
    x = (x + y) | 0;
    y = rotated(y, isOdd ? 6 : 24) ^ x;
    const used = next;
    next = after;
    after = last;
    last = used;
    x = (x + next) | 0;
    y = (y + after + group) | 0;
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
 * @param key Key of the bijection, two uint32.
 * @param counter Number of the block, two uint32.
 * @returns Two uint32.
 */
export function threefry2x32(key: Words, counter: Words): Words {
  const block = new Uint32Array(2);
  writeBlock(block, 0, key, counter[0], counter[1]);
  const [x = 0, y = 0] = block;
  return [x, y];
}

/**
 * The blocks of the counters `(0, 0), (1, 0), …, (count − 1, 0)`.
 *
 * @param key Key of the bijection, two uint32.
 * @param count Blocks wanted, a whole number in `[0, 2³¹)`.
 * @returns `2·count` words; block `i` at `2i` and `2i + 1`.
 */
export function threefryBlocks(key: Words, count: number): Uint32Array {
  const blocks = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) writeBlock(blocks, 2 * i, key, i, 0);
  return blocks;
}
