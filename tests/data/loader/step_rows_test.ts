import fc from "fast-check";
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { sharedBatches } from "../../../data/loader/step_rows.ts";
import {
  type Batch,
  loadBatches,
  type LoadOptions,
  type StepRows,
  trainTransform,
} from "../../../data/mod.ts";
import { right } from "../../right.ts";
import { errorOf, noiseSource, valueOf } from "../sources.ts";

const base: LoadOptions = {
  source: noiseSource(31),
  transform: right(trainTransform({
    imageSize: 8,
    inChannels: 1,
    normalization: { mean: [0.5], deviation: [0.25] },
  })),
  seed: 3,
  epoch: 1,
  batchSize: 6,
};

const load = async (options: Partial<LoadOptions>): Promise<readonly Batch[]> =>
  (await Array.fromAsync(loadBatches({ ...base, ...options }))).map(valueOf);

const SIZE = 64;

/** Images of batches, in order. */
const imagesOf = (batches: readonly Batch[]) =>
  batches.flatMap(({ indices, images }) =>
    [...indices].map((index, i) => ({
      index,
      pixels: [...images.subarray(i * SIZE, (i + 1) * SIZE)],
    }))
  );

Deno.test("loadBatches() with rows gives the same images as without, those of each step to whom they belong", async () => {
  // Steps of six images: two processes, the second with two stretches of two batches.
  const first: StepRows = { images: 6, batches: [[{ from: 0, count: 2 }]] };
  const second: StepRows = {
    images: 6,
    batches: [
      [{ from: 2, count: 1 }, { from: 5, count: 1 }],
      [{ from: 3, count: 2 }],
    ],
  };
  const whole = imagesOf(await load({}));
  const a = imagesOf(await load({ batchSize: 2, rows: first }));
  const b = imagesOf(await load({ batchSize: 2, rows: second }));
  strictEqual(whole.length, 30);
  for (let step = 0; step < 5; step++) {
    const own = whole.slice(6 * step, 6 * step + 6);
    deepStrictEqual(a.slice(2 * step, 2 * step + 2), own.slice(0, 2));
    deepStrictEqual(
      b.slice(4 * step, 4 * step + 4),
      [own[2], own[5], own[3], own[4]],
    );
  }
});

Deno.test("loadBatches() with rows from batch k on gives what the whole epoch gives from k on", async () => {
  const rows: StepRows = {
    images: 6,
    batches: [[{ from: 1, count: 2 }], [{ from: 4, count: 2 }]],
  };
  const whole = await load({ batchSize: 2, rows });
  strictEqual(whole.length, 10);
  for (let k = 0; k <= whole.length; k++) {
    deepStrictEqual(
      await load({ batchSize: 2, rows, fromBatch: k }),
      whole.slice(k),
    );
  }
});

Deno.test("loadBatches() refuses rows that do not make batches of its size", async () => {
  const rows: StepRows = { images: 6, batches: [[{ from: 0, count: 3 }]] };
  const [refused] = await Array.fromAsync(
    loadBatches({ ...base, batchSize: 2, rows }),
  );
  match(errorOf(refused!), /^Cannot load .*rows: found "a batch of 3"/s);
});

Deno.test("sharedBatches() counts the batches of whole steps", () => {
  const number = fc.integer({ min: 1, max: 40 });
  fc.assert(fc.property(number, number, number, (length, images, count) => {
    const batches = Array.from({ length: count }, () => []);
    const steps = Math.floor(length / images);
    strictEqual(sharedBatches(length, { images, batches }), steps * count);
  }));
});
