import fc from "fast-check";
import { deepStrictEqual, notDeepStrictEqual, ok } from "node:assert/strict";
import {
  threefry2x32,
  threefryBlocks,
  type Words,
} from "../../../core/random/threefry.ts";

const word = fc.nat(0xffffffff);
const words = fc.tuple(word, word) as fc.Arbitrary<Words>;

const bitsSet = ([x, y]: Words): number =>
  (x.toString(2) + y.toString(2)).replaceAll("0", "").length;

Deno.test("threefry2x32() gives the published answers (Random123's kat_vectors, 20 rounds)", () => {
  const ones: Words = [0xffffffff, 0xffffffff];
  deepStrictEqual(threefry2x32([0, 0], [0, 0]), [0x6b200159, 0x99ba4efe]);
  deepStrictEqual(threefry2x32(ones, ones), [0x1cb996fc, 0xbb002be7]);
  deepStrictEqual(
    threefry2x32([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3]),
    [0xc4923a9c, 0x483df7a0],
  );
});

Deno.test("threefry2x32() never maps two counters of a key to one block", () => {
  fc.assert(fc.property(words, words, words, (key, a, b) => {
    fc.pre(a[0] !== b[0] || a[1] !== b[1]);
    notDeepStrictEqual(threefry2x32(key, a), threefry2x32(key, b));
  }));
});

Deno.test("threefry2x32() changes half of the bits when one bit of key or counter changes", () => {
  const flipped = ([x, y]: Words, bit: number): Words =>
    bit < 32 ? [(x ^ (1 << bit)) >>> 0, y] : [x, (y ^ (1 << bit - 32)) >>> 0];
  const key: Words = [12, 34];
  let changed = 0;
  for (let i = 0; i < 20; i++) {
    for (let bit = 0; bit < 64; bit++) {
      const before = threefry2x32(key, [i, i]);
      const others = [
        threefry2x32(flipped(key, bit), [i, i]),
        threefry2x32(key, flipped([i, i], bit)),
      ];
      for (const [x, y] of others) {
        changed += bitsSet([(x ^ before[0]) >>> 0, (y ^ before[1]) >>> 0]);
      }
    }
  }
  // 2,560 counts of mean 32 and variance 16: 0.4 is five deviations of the mean.
  ok(Math.abs(changed / 2560 - 32) < 0.4, `mean ${changed / 2560}`);
});

Deno.test("threefryBlocks() equals threefry2x32() at each counter", () => {
  fc.assert(fc.property(words, fc.nat(20), (key, count) => {
    const expected = Array.from(
      { length: count },
      (_, i) => threefry2x32(key, [i, 0]),
    );
    deepStrictEqual([...threefryBlocks(key, count)], expected.flat());
  }));
});
