import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  nearestOthers,
  nearestPoints,
  orThrow,
} from "../../../../train/mod.ts";

const WIDTH = 3;

const points = (least: number) =>
  fc.array(fc.integer({ min: -4, max: 4 }), {
    minLength: least * WIDTH,
    maxLength: 30 * WIDTH,
  }).map((numbers) => ({
    width: WIDTH,
    features: Float32Array.from(
      numbers.slice(0, numbers.length - numbers.length % WIDTH),
    ),
  }));

/** Cosine similarity of two rows. */
function similarity(a: Float32Array, b: Float32Array): number {
  const product = (x: Float32Array, y: Float32Array) =>
    x.reduce((sum, value, d) => sum + value * (y[d] ?? NaN), 0);
  const lengths = Math.sqrt(product(a, a) * product(b, b));
  return lengths === 0 ? 0 : product(a, b) / lengths;
}

const row = ({ features }: { features: Float32Array }, i: number) =>
  features.subarray(i * WIDTH, (i + 1) * WIDTH);

Deno.test("nearestPoints() are as similar as the most similar ones of a full search", () =>
  fc.assert(
    fc.asyncProperty(points(1), points(1), async (known, asked) => {
      const { k, indices, similarities } = orThrow(
        await nearestPoints(known, asked, 4, { tileBytes: 64 }),
      );
      const [count, all] = [asked, known].map((one) =>
        one.features.length / WIDTH
      ) as [number, number];
      strictEqual(k, Math.min(4, all));
      for (let i = 0; i < count; i++) {
        const near = Array.from(
          { length: all },
          (_, j) => similarity(row(asked, i), row(known, j)),
        ).sort((a, b) => b - a);
        for (let place = 0; place < k; place++) {
          const index = indices[i * k + place] ?? -1;
          const own = similarity(row(asked, i), row(known, index));
          const found = similarities[i * k + place] ?? NaN;
          strictEqual(Math.abs(found - (near[place] ?? NaN)) < 1e-5, true);
          strictEqual(Math.abs(own - found) < 1e-5, true);
        }
      }
    }),
    { numRuns: 40 },
  ));

Deno.test("nearestOthers() leaves each point out of its own neighbours, also among equal ones", () =>
  fc.assert(
    fc.asyncProperty(points(2), async (all) => {
      const count = all.features.length / WIDTH;
      const { k, indices } = orThrow(await nearestOthers(all, 3));
      strictEqual(k, Math.min(3, count - 1));
      for (let i = 0; i < count; i++) {
        const own = [...indices.subarray(i * k, (i + 1) * k)];
        strictEqual(new Set(own).size, k);
        strictEqual(own.includes(i), false);
      }
    }),
    { numRuns: 40 },
  ));

Deno.test("nearestOthers() of a single point are none", async () => {
  const one = { features: Float32Array.of(1, 2, 3), width: WIDTH };
  const { k, indices } = orThrow(await nearestOthers(one, 5));
  deepStrictEqual([k, indices.length], [0, 0]);
});
