import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { left } from "../../../core/mod.ts";
import {
  badImages,
  evalTransform,
  type ImageSource,
  loadAll,
} from "../../../data/mod.ts";
import { right } from "../../right.ts";
import { errorOf, noiseImage, noiseSource, valueOf } from "../sources.ts";

const transform = right(evalTransform({
  imageSize: 8,
  inChannels: 1,
  normalization: { mean: [0], deviation: [1] },
}));

Deno.test("loadAll() gives every image once in order, the last batch smaller", async () => {
  const source = noiseSource(10);
  const batches =
    (await Array.fromAsync(loadAll({ source, transform, batchSize: 4 }))).map(
      valueOf,
    );
  deepStrictEqual(batches.map(({ shape }) => shape[0]), [4, 4, 2]);
  deepStrictEqual(batches.flatMap(({ indices }) => [...indices]), [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
  ]);
  deepStrictEqual(batches.flatMap(({ labels }) => [...labels ?? []]), [
    0,
    1,
    2,
    0,
    1,
    2,
    0,
    1,
    2,
    0,
  ]);
});

Deno.test("loadAll() shows images as they are when they have the size already", async () => {
  const batches = (await Array.fromAsync(
    loadAll({ source: noiseSource(3), transform, batchSize: 3 }),
  )).map(valueOf);
  const levels = [0, 1, 2].flatMap((
    index,
  ) => [...noiseImage(index, 8, 8, 1).pixels]);
  deepStrictEqual(
    [...batches[0]?.images ?? []],
    levels.map((level) => Math.fround(level / 255)),
  );
});

Deno.test("loadAll() takes a batch larger than the source and refuses one of 0", async () => {
  const source = noiseSource(3);
  const [whole] =
    (await Array.fromAsync(loadAll({ source, transform, batchSize: 100 }))).map(
      valueOf,
    );
  strictEqual(whole?.shape[0], 3);
  const [refused] = await Array.fromAsync(
    loadAll({ source, transform, batchSize: 0 }),
  );
  strictEqual(
    refused && errorOf(refused),
    "Cannot load images:\nbatchSize: found 0, wanted a whole number ≥ 1",
  );
});

Deno.test("loadAll() that recycles gives the same batches, also smaller ones, in the memory of few", async () => {
  const source = noiseSource(30);
  const missing = new Set([0, 7]);
  const gappy: ImageSource = {
    ...source,
    read: (index) =>
      missing.has(index)
        ? Promise.resolve(
          left({ _tag: "BadImage", image: String(index), reason: "gone" }),
        )
        : source.read(index),
  };
  const options = {
    ...{ source: gappy, transform, batchSize: 4 },
    badImages: badImages(1000),
  };
  const kept = (await Array.fromAsync(loadAll(options))).map(valueOf);
  const memories = new Set<ArrayBufferLike>();
  let place = 0;
  for await (const result of loadAll({ ...options, recycles: true })) {
    const batch = valueOf(result);
    deepStrictEqual(batch, kept[place++]);
    memories.add(batch.images.buffer);
  }
  strictEqual(place, 8);
  ok(memories.size <= 4, `${memories.size}`);
});
