import { RAND_AUGMENT, RANDOM_ERASING } from "../../../core/mod.ts";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  evalTransform,
  imageFolder,
  IMAGENET_NORMALIZATION,
  imageWorkers,
  loadAll,
  loadBatches,
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
const transform = right(trainTransform(format));

/** As many changes to every image as there can be. */
const augmented = right(trainTransform({
  ...format,
  randAugment: { ...RAND_AUGMENT, probability: 1 },
  erasing: { ...RANDOM_ERASING, probability: 1 },
}));

const photographs = async (
  count: number,
): Promise<Readonly<Record<string, Uint8Array>>> =>
  Object.fromEntries(
    await Promise.all(
      Array.from({ length: count }, async (_, i) =>
        [
          `${i}.jpg`,
          await encode(waves(40 + 7 * i, 60 - 3 * i), "jpeg"),
        ] as const),
    ),
  );

Deno.test("loadBatches() gives the same bytes in the same order with no worker, one, and three, augmented too", async () => {
  await inFolder(await photographs(11), async (folder) => {
    const source = valueOf(await imageFolder(folder));
    const load = async (count: number, of = augmented) => {
      using workers = imageWorkers(count);
      const options = { source, seed: 4, epoch: 1, batchSize: 3 };
      const made = { ...options, transform: of };
      return (await Array.fromAsync(
        loadBatches(count === 0 ? made : { ...made, workers }),
      )).map(valueOf);
    };
    const alone = await load(0);
    strictEqual(alone.length, 3);
    for (const count of [1, 3]) deepStrictEqual(await load(count), alone);
    const plain = await load(0, transform);
    deepStrictEqual(
      plain.map(({ indices }) => indices),
      alone.map(({ indices }) => indices),
    );
    ok(
      plain.every(({ images }, i) =>
        String(images) !== String(alone[i]?.images)
      ),
    );
  });
});

Deno.test("loadAll() gives the same with workers, raw images too", async () => {
  const source = noiseSource(9);
  const view = right(evalTransform({ ...format, inChannels: 1 }));
  using workers = imageWorkers(2);
  const options = { source, transform: view, batchSize: 4 };
  deepStrictEqual(
    await Array.fromAsync(loadAll({ ...options, workers })),
    await Array.fromAsync(loadAll(options)),
  );
});

Deno.test("imageWorkers() tells the reason of a damaged image and goes on with the next", async () => {
  using workers = imageWorkers(1);
  const target = new Float32Array(new SharedArrayBuffer(4 * 3 * 24 ** 2));
  const rule = { transform, seed: 0, epoch: 0 };
  const render = (bytes: Uint8Array) =>
    workers.render({ _tag: "EncodedImage", bytes }, rule, 0, target);
  const reason = await render(Uint8Array.of(1, 2, 3)).catch(String);
  match(String(reason), /found unknown first bytes, wanted a JPEG, PNG, /);
  await render(await encode(waves(50, 40), "jpeg"));
  ok(target.some((x) => x !== 0));
});

Deno.test("loadBatches() ends with an error, not with a list of bad images, when its workers end", async () => {
  const workers = imageWorkers(1);
  const source = noiseSource(40);
  const options = { source, seed: 0, epoch: 0, batchSize: 4, workers };
  const grey = right(trainTransform({ ...format, inChannels: 1 }));
  const results = [];
  for await (const batch of loadBatches({ ...options, transform: grey })) {
    results.push(batch);
    workers[Symbol.dispose]();
  }
  const last = results.at(-1);
  ok(last !== undefined && results.length < 10);
  strictEqual(
    errorOf(last),
    "Cannot load images: a worker cannot go on: its workers were disposed of",
  );
});

Deno.test("loadBatches() refuses no workers at all", async () => {
  const [refused] = await Array.fromAsync(loadBatches({
    source: noiseSource(4),
    transform,
    seed: 0,
    epoch: 0,
    batchSize: 2,
    workers: imageWorkers(0),
  }));
  match(
    refused === undefined ? "" : errorOf(refused),
    /workers: found 0, wanted a whole number ≥ 1/,
  );
});
