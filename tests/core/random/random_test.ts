import fc from "fast-check";
import {
  deepStrictEqual,
  notDeepStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import {
  epochOrder,
  type Key,
  normals,
  permutation,
  rootKey,
  sampleKey,
  split,
  uniforms,
} from "../../../core/mod.ts";
import { threefry2x32 } from "../../../core/random/threefry.ts";

const keys = fc.double({ noNaN: true }).map(rootKey);
const labels = fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.integer());

const mean = (values: Iterable<number>): number => {
  const all = [...values];
  return all.reduce((sum, value) => sum + value, 0) / all.length;
};

/** Correlation of two samples of equal length. */
const correlation = (a: Float64Array, b: Float64Array): number => {
  const [ma, mb] = [mean(a), mean(b)];
  const covariance = mean(a.map((x, i) => (x - ma) * ((b[i] ?? 0) - mb)));
  const variance = (c: Float64Array, m: number) =>
    mean(c.map((x) => (x - m) ** 2));
  return covariance / Math.sqrt(variance(a, ma) * variance(b, mb));
};

/** Chi-square of counts that should all be equal. */
const chiSquare = (counts: readonly number[]): number => {
  const expected = mean(counts);
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
};

const countBins = (
  values: Iterable<number>,
  bins: number,
): readonly number[] => {
  const counts = new Array<number>(bins).fill(0);
  for (const bin of values) counts[bin] = (counts[bin] ?? 0) + 1;
  return counts;
};

Deno.test("every stream keeps its numbers from release to release", () => {
  const key = rootKey(42);
  deepStrictEqual(key.words, [1078263808, 0]);
  deepStrictEqual(split(key, "crop").words, [976711034, 154169946]);
  deepStrictEqual(split(key, "é𝄞").words, [4177456138, 2095442102]);
  deepStrictEqual(split(key, 7).words, [360811181, 648033592]);
  deepStrictEqual([...uniforms(key, 4)], [
    0.22186683568168042,
    0.42592516651187684,
    0.5986573129485282,
    0.2620497955030786,
  ]);
  deepStrictEqual([...permutation(key, 10)], [5, 7, 9, 8, 4, 2, 6, 0, 1, 3]);
  deepStrictEqual(sampleKey(0, 1, 2, "mask").words, [2002903315, 349463625]);
  deepStrictEqual([...epochOrder(0, 0, 8)], [4, 7, 0, 2, 3, 6, 5, 1]);
  const recorded = [
    -0.6329750881362274,
    0.31789581937150546,
    -0.1022069871454704,
    1.3473800513112404,
  ];
  // The logarithm and the cosine may round differently from engine to engine.
  normals(key, 4).forEach((z, i) =>
    ok(Math.abs(z - (recorded[i] ?? 0)) < 1e-14)
  );
});

Deno.test("rootKey() tells all numbers apart, and takes -0 for 0", () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true }),
      fc.double({ noNaN: true }),
      (a, b) => {
        const isSame =
          JSON.stringify(rootKey(a)) === JSON.stringify(rootKey(b));
        strictEqual(isSame, a === b);
      },
    ),
  );
  deepStrictEqual(rootKey(-0), rootKey(0));
});

Deno.test("split() gives different children for different labels, none of them the parent", () => {
  fc.assert(fc.property(keys, labels, labels, (key, a, b) => {
    fc.pre(a !== b);
    notDeepStrictEqual(split(key, a), split(key, b));
    notDeepStrictEqual(split(key, a), key);
  }));
  notDeepStrictEqual(split(rootKey(0), 1), split(rootKey(0), "1"));
});

Deno.test("split() does not join labels: a, b is not ab", () => {
  const key = rootKey(3);
  const path = (...labels: readonly string[]): Key =>
    labels.reduce<Key>(split, key);
  notDeepStrictEqual(path("a", "b"), path("ab"));
  notDeepStrictEqual(path("a", "b"), path("b", "a"));
  notDeepStrictEqual(path("", "a"), path("a", ""));
});

Deno.test("split() and draws of the same key share no block", () => {
  const key = rootKey(5);
  const draws = new Set<string>();
  for (let i = 0; i < 1000; i++) {
    draws.add(String(threefry2x32(key.words, [i, 0])));
  }
  for (let label = 0; label < 1000; label++) {
    ok(!draws.has(String(split(key, label).words)));
    ok(!draws.has(String(split(key, String(label)).words)));
  }
});

Deno.test("uniforms() are the upper 53 bits of the blocks", () => {
  fc.assert(fc.property(keys, (key) => {
    const expected = [0, 1, 2].map((i) => {
      const [high, low] = threefry2x32(key.words, [i, 0]);
      // 27 bits of the first word, 26 of the second.
      const bits = (BigInt(high >>> 5) << 26n) | BigInt(low >>> 6);
      return Number(bits) / 2 ** 53;
    });
    deepStrictEqual([...uniforms(key, 3)], expected);
  }));
});

Deno.test("uniforms() and normals(): fewer numbers are a prefix of more", () => {
  fc.assert(
    fc.property(keys, fc.nat(50), fc.nat(50), (key, count, more) => {
      for (const draw of [uniforms, normals]) {
        const long = draw(key, count + more);
        deepStrictEqual(draw(key, count), long.slice(0, count));
      }
    }),
  );
});

Deno.test("uniforms() lie in [0, 1) and fill 256 bins evenly", () => {
  const numbers = uniforms(rootKey(1), 256_000);
  ok(numbers.every((u) => u >= 0 && u < 1));
  const chi = chiSquare(
    countBins(numbers.map((u) => Math.floor(u * 256)), 256),
  );
  // 255 degrees of freedom: mean 255, deviation 22.6; five deviations each way.
  ok(chi > 142 && chi < 368, `chi-square ${chi}`);
});

Deno.test("uniforms() of neighbours, siblings, parents and children are uncorrelated", () => {
  const count = 40_000;
  const key = rootKey(2);
  const pairs: readonly (readonly [Key, Key])[] = [
    [key, rootKey(3)],
    [key, split(key, 0)],
    [split(key, 0), split(key, 1)],
    [split(key, "crop"), split(key, "flip")],
    [sampleKey(0, 0, 0, "mask"), sampleKey(0, 0, 1, "mask")],
    [sampleKey(0, 0, 1, "mask"), sampleKey(0, 1, 0, "mask")],
  ];
  // The deviation of a correlation of independent samples is 1/√count = 0.005.
  for (const [a, b] of pairs) {
    const r = correlation(uniforms(a, count), uniforms(b, count));
    ok(Math.abs(r) < 0.025, `correlation ${r}`);
  }
  const row = uniforms(key, count + 1);
  const lag = correlation(row.subarray(0, count), row.subarray(1));
  ok(Math.abs(lag) < 0.025, `correlation of neighbours ${lag}`);
});

Deno.test("the first uniform of many sample keys is uniform too", () => {
  const first = Float64Array.from(
    { length: 20_000 },
    (_, index) => uniforms(sampleKey(0, 0, index, "flip"), 1)[0] ?? NaN,
  );
  const chi = chiSquare(countBins(first.map((u) => Math.floor(u * 64)), 64));
  // 63 degrees of freedom: mean 63, deviation 11.2.
  ok(chi > 20 && chi < 119, `chi-square ${chi}`);
});

Deno.test("normals() have the moments and tails of the normal distribution", () => {
  const count = 200_000;
  const z = normals(rootKey(4), count);
  const moment = (power: number): number => mean(z.map((x) => x ** power));
  // Deviations of these means: 0.0022, 0.0032, 0.0087, 0.022.
  ok(Math.abs(moment(1)) < 0.012);
  ok(Math.abs(moment(2) - 1) < 0.016);
  ok(Math.abs(moment(3)) < 0.044);
  ok(Math.abs(moment(4) - 3) < 0.11);
  const beyond = z.filter((x) => Math.abs(x) > 1.959964).length / count;
  ok(Math.abs(beyond - 0.05) < 0.0025, `two-sided tail ${beyond}`);
  ok(
    Math.abs(correlation(
      z.filter((_, i) => i % 2 === 0),
      z.filter((_, i) => i % 2 === 1),
    )) < 0.016,
  );
});

Deno.test("permutation() holds every index once", () => {
  fc.assert(fc.property(keys, fc.nat(300), (key, count) => {
    deepStrictEqual(
      permutation(key, count).sort(),
      Int32Array.from({ length: count }, (_, i) => i),
    );
  }));
});

Deno.test("permutation() gives all 24 orders of 4 equally often", () => {
  const orders = Int32Array.from({ length: 24_000 }, (_, i) => {
    const [a = 0, b = 0, c = 0] = permutation(split(rootKey(6), i), 4);
    return 16 * a + 4 * b + c;
  });
  const counts = countBins(orders, 64).filter((n) => n > 0);
  strictEqual(counts.length, 24);
  // 23 degrees of freedom: mean 23, deviation 6.8.
  ok(chiSquare(counts) < 57, `chi-square ${chiSquare(counts)}`);
});

Deno.test("epochOrder() differs from epoch to epoch and from seed to seed", () => {
  notDeepStrictEqual(epochOrder(0, 0, 100), epochOrder(0, 1, 100));
  notDeepStrictEqual(epochOrder(0, 0, 100), epochOrder(1, 0, 100));
});

Deno.test("sampleKey() depends on seed, epoch, index and purpose", () => {
  const key = sampleKey(1, 2, 3, "crop");
  deepStrictEqual(sampleKey(1, 2, 3, "crop"), key);
  notDeepStrictEqual(sampleKey(0, 2, 3, "crop"), key);
  notDeepStrictEqual(sampleKey(1, 3, 3, "crop"), key);
  notDeepStrictEqual(sampleKey(1, 2, 4, "crop"), key);
  notDeepStrictEqual(sampleKey(1, 2, 3, "flip"), key);
  notDeepStrictEqual(sampleKey(1, 3, 2, "crop"), key);
});
