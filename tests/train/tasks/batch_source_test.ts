import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { randomImages } from "../../../bench/random_images.ts";
import type { Batch } from "../../../data/mod.ts";
import { batchSource, type LevelSource } from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { TINY_CONFIG, TINY_MODEL } from "../tiny_run.ts";

const SOURCE = randomImages(7, 20, 1);

const batchesOf = async (
  batches: LevelSource,
  epoch: number,
  from: number,
): Promise<readonly Batch[]> =>
  (await Array.fromAsync(batches(epoch, from))).map((batch) => {
    if (batch._tag === "Left") throw new Error(batch.left._tag);
    return batch.right;
  });

Deno.test("batchSource() gives whole batches; those from k on are the rest of all", async () => {
  const batches = right(batchSource(SOURCE, TINY_CONFIG));
  const all = await batchesOf(batches, 3, 0);
  deepStrictEqual(
    all.map(({ shape }) => shape),
    [0, 0, 0].map(() => [2, 1, 16, 16]),
  );
  for (const from of [1, 2, 3]) {
    deepStrictEqual(await batchesOf(batches, 3, from), all.slice(from));
  }
});

Deno.test("batchSource() shows an image in another order and crop in another epoch and with another seed", async () => {
  const first = async (seed: number, epoch: number) => {
    const training = { ...TINY_CONFIG.training, seed };
    const batches = right(batchSource(SOURCE, { ...TINY_CONFIG, training }));
    return String((await batchesOf(batches, epoch, 0))[0]?.images);
  };
  strictEqual(await first(1, 0), await first(1, 0));
  strictEqual(
    new Set([await first(1, 0), await first(1, 1), await first(2, 0)]).size,
    3,
  );
});

Deno.test("batchSource() crops as much of an image as the configuration says", async () => {
  const imagesOf = async (cropScale?: readonly [number, number]) => {
    const config = cropScale === undefined
      ? TINY_CONFIG
      : { ...TINY_CONFIG, cropScale };
    return String(
      (await batchesOf(right(batchSource(SOURCE, config)), 0, 0))[0]?.images,
    );
  };
  strictEqual(await imagesOf([0.2, 1]), await imagesOf());
  notStrictEqual(await imagesOf([0.6, 1]), await imagesOf());
  // All of a square image is in each crop of its whole area: only mirrored or not.
  const whole = right(
    batchSource(SOURCE, { ...TINY_CONFIG, cropScale: [1, 1] }),
  );
  const views = await Promise.all(
    Array.from(
      { length: 12 },
      async (_, epoch) =>
        (await batchesOf(whole, epoch, 0))
          .map(({ images, indices }) =>
            [...indices].map((index, i) =>
              `${index}: ${images.slice(i * 256, (i + 1) * 256)}`
            )
          ).flat(),
    ),
  );
  const viewsOf = (index: number) =>
    new Set(views.flat().filter((view) => view.startsWith(`${index}: `)));
  ok(viewsOf(3).size <= 2, `${viewsOf(3).size} views`);
});

Deno.test("batchSource() refuses images that cannot be made", () => {
  const model = { ...TINY_MODEL, inChannels: 2 };
  strictEqual(batchSource(SOURCE, { ...TINY_CONFIG, model })._tag, "Left");
});
