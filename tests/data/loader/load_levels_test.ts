import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { pixelNumbers } from "../../../backends/pixel_numbers.ts";
import { RAND_AUGMENT, RANDOM_ERASING } from "../../../core/mod.ts";
import {
  type Batch,
  imageFolder,
  IMAGENET_NORMALIZATION,
  type ImageSource,
  imageWorkers,
  type LevelBatch,
  loadBatches,
  loadLevels,
  type LoadOptions,
  paddedCropTransform,
  trainTransform,
} from "../../../data/mod.ts";
import { right } from "../../right.ts";
import { encode, waves } from "../photographs.ts";
import { errorOf, inFolder, noiseSource, valueOf } from "../sources.ts";

const format = {
  imageSize: 24,
  inChannels: 3,
  normalization: IMAGENET_NORMALIZATION,
};

const levels = async (options: LoadOptions): Promise<readonly LevelBatch[]> =>
  (await Array.fromAsync(loadLevels(options))).map(valueOf);

const numbers = async (options: LoadOptions): Promise<readonly Batch[]> =>
  (await Array.fromAsync(loadBatches(options))).map(valueOf);

/** The same batch in numbers. */
function meaning({ images, levels, ...head }: LevelBatch): Batch {
  const { data } = pixelNumbers({ shape: head.shape, data: images, levels });
  return { ...head, images: data as Float32Array };
}

const optionsOf = (
  source: ImageSource,
  transform: LoadOptions["transform"],
): LoadOptions => ({ source, transform, seed: 4, epoch: 1, batchSize: 3 });

Deno.test("loadLevels() gives the numbers of loadBatches() to the bit, with workers and without, changed and grey ones too", async () => {
  const files = Array.from({ length: 7 }, async (_, i) => {
    const bytes = await encode(waves(40 + 7 * i, 60 - 3 * i), "jpeg");
    return [`${i}.jpg`, bytes] as const;
  });
  await inFolder(Object.fromEntries(await Promise.all(files)), async (path) => {
    const photographs = valueOf(await imageFolder(path));
    const grey = { ...format, inChannels: 1 };
    const padded = { ...format, imageSize: 8 };
    const randAugment = { ...RAND_AUGMENT, probability: 1 };
    const cases = [
      optionsOf(photographs, right(trainTransform(format))),
      optionsOf(photographs, right(trainTransform({ ...format, randAugment }))),
      optionsOf(photographs, right(trainTransform(grey))),
      optionsOf(noiseSource(7), right(paddedCropTransform(padded))),
    ];
    using workers = imageWorkers(2);
    for (const options of cases) {
      const found = await levels(options);
      strictEqual(found.length, 2);
      deepStrictEqual(found.map(meaning), await numbers(options));
      deepStrictEqual(await levels({ ...options, workers }), found);
    }
  });
});

Deno.test("loadLevels() needs a quarter of the memory, and as few pieces of it", async () => {
  const options = optionsOf(
    noiseSource(23),
    right(trainTransform({ ...format, inChannels: 1 })),
  );
  const kept = await levels(options);
  using workers = imageWorkers(1);
  for (const more of [{}, { workers }]) {
    const memories = new Set<ArrayBufferLike>();
    let place = 0;
    const given = { ...options, ...more, recycles: true };
    for await (const result of loadLevels(given)) {
      const batch = valueOf(result);
      deepStrictEqual(batch, kept[place++]);
      memories.add(batch.images.buffer);
    }
    strictEqual(place, 7);
    ok(memories.size <= 4, `${memories.size}`);
    const [wanted] = await numbers({ ...options, ...more });
    for (const { byteLength } of memories) {
      strictEqual(4 * byteLength, wanted?.images.buffer.byteLength);
    }
  }
});

Deno.test("loadLevels() shows the same stand-in for an image that cannot be read", async () => {
  const whole = noiseSource(12);
  const source: ImageSource = {
    ...whole,
    read: (index) =>
      index === 5 ? Promise.reject(new Error("gone")) : whole.read(index),
  };
  const options = optionsOf(source, right(paddedCropTransform(format)));
  const found = await levels(options);
  strictEqual(found.length, 4);
  ok(found.every(({ indices }) => !indices.includes(5)));
  deepStrictEqual(found.map(meaning), await numbers(options));
});

Deno.test("loadLevels() refuses noise, which is no level, and what loadBatches() refuses", async () => {
  const erasing = { ...RANDOM_ERASING, probability: 1 };
  const options = optionsOf(
    noiseSource(4),
    right(trainTransform({ ...format, erasing })),
  );
  const [refused] = await Array.fromAsync(
    loadLevels({ ...options, batchSize: 0 }),
  );
  const reason = refused === undefined ? "" : errorOf(refused);
  match(reason, /batchSize/);
  match(reason, /erasing: found "?noise in normalised images/);
});
