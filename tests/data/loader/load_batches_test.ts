import fc from "fast-check";
import {
  deepStrictEqual,
  match,
  notDeepStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { left } from "../../../core/mod.ts";
import {
  type Batch,
  imageFolder,
  IMAGENET_NORMALIZATION,
  type ImageSource,
  loadBatches,
  type LoadOptions,
  trainTransform,
} from "../../../data/mod.ts";
import { batchesPerEpoch } from "../../../data/loader/batch_loading.ts";
import { right } from "../../right.ts";
import { encode, waves } from "../photographs.ts";
import { errorOf, inFolder, noiseSource, valueOf } from "../sources.ts";

const transform = right(trainTransform({
  imageSize: 8,
  inChannels: 1,
  normalization: { mean: [0.5], deviation: [0.25] },
}));
const SIZE = 64;

const base: LoadOptions = {
  source: noiseSource(23),
  transform,
  seed: 0,
  epoch: 0,
  batchSize: 4,
};

const load = async (options: Partial<LoadOptions>): Promise<readonly Batch[]> =>
  (await Array.fromAsync(loadBatches({ ...base, ...options }))).map(valueOf);

/** Pixels of every image by its index in the source. */
const imagesByIndex = (
  batches: readonly Batch[],
): ReadonlyMap<number, readonly number[]> =>
  new Map(
    batches.flatMap(({ indices, images }) =>
      [...indices].map((index, i) =>
        [index, [...images.slice(i * SIZE, (i + 1) * SIZE)]] as const
      )
    ),
  );

Deno.test("loadBatches() gives whole batches of different images with their labels", async () => {
  const batches = await load({});
  strictEqual(batches.length, batchesPerEpoch(23, 4));
  const indices = batches.flatMap((batch) => [...batch.indices]);
  strictEqual(new Set(indices).size, 20);
  ok(indices.every((index) => index >= 0 && index < 23));
  for (const { shape, images, labels, indices } of batches) {
    deepStrictEqual(shape, [4, 1, 8, 8]);
    strictEqual(images.length, 4 * SIZE);
    ok(images.every(Number.isFinite));
    deepStrictEqual(labels, indices.map((index) => index % 3));
  }
});

Deno.test("loadBatches() from batch k on gives what the whole epoch gives from k on", async () => {
  const whole = await load({});
  for (let k = 0; k <= 5; k++) {
    deepStrictEqual(await load({ fromBatch: k }), whole.slice(k));
  }
});

Deno.test("loadBatches() shows a sample the same way whatever the batch size and the work ahead", async () => {
  const reference = imagesByIndex(await load({ batchSize: 1 }));
  strictEqual(reference.size, 23);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 23 }),
      fc.nat(4),
      async (batchSize, prefetch) => {
        const images = imagesByIndex(await load({ batchSize, prefetch }));
        for (const [index, pixels] of images) {
          deepStrictEqual(
            pixels,
            reference.get(index),
          );
        }
      },
    ),
    { numRuns: 15 },
  );
});

Deno.test("loadBatches() shows another order and other crops in another epoch and for another seed", async () => {
  const order = (batches: readonly Batch[]) =>
    batches.flatMap(({ indices }) => [...indices]);
  const first = await load({ batchSize: 23 });
  for (const other of [{ epoch: 1 }, { seed: 1 }]) {
    const batches = await load({ ...other, batchSize: 23 });
    notDeepStrictEqual(order(batches), order(first));
    const [a, b] = [imagesByIndex(first), imagesByIndex(batches)];
    const changed = [...a].filter(([index, pixels]) =>
      String(pixels) !== String(b.get(index))
    );
    ok(changed.length > 18, `${changed.length} of 23 images changed`);
  }
});

Deno.test("loadBatches() draws a crop of its own for every image of an epoch", async () => {
  const noise = noiseSource(20);
  const same: ImageSource = { ...noise, read: () => noise.read(0) };
  const images = imagesByIndex(await load({ source: same }));
  const distinct = new Set([...images.values()].map(String));
  ok(distinct.size > 15, `${distinct.size} different views of one image`);
});

Deno.test("loadBatches() refuses options that make no sense, all at once", async () => {
  const results = await Array.fromAsync(loadBatches({
    ...base,
    batchSize: 24,
    epoch: -1,
    prefetch: 0.5,
  }));
  strictEqual(results.length, 1);
  strictEqual(
    errorOf(
      results[0] ?? left({ _tag: "BadFile", path: "", found: "", wanted: "" }),
    ),
    "Cannot load images:\n" +
      "batchSize: found 24, wanted a whole number in [1, 23]\n" +
      "epoch: found -1, wanted a whole number ≥ 0\n" +
      "prefetch: found 0.5, wanted a whole number ≥ 0",
  );
  match(
    errorOf(
      (await Array.fromAsync(loadBatches({ ...base, fromBatch: 6 })))[0]!,
    ),
    /fromBatch: found 6, wanted a whole number in \[0, 5\]/,
  );
});

const tick = (): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 0));

/** A source that tells of each read, and fails at one index. */
function watchedSource(
  onRead: () => void,
  broken: number | null = null,
): ImageSource {
  const noise = noiseSource(1000);
  const read: ImageSource["read"] = async (index) => {
    onRead();
    await tick();
    return index === broken
      ? left({
        _tag: "BadImage",
        image: noise.imageName(index),
        reason: "unreadable",
      })
      : noise.read(index);
  };
  return { ...noise, read };
}

Deno.test("loadBatches() reads at most the batch in use and those ahead of it", async () => {
  let reads = 0;
  const source = watchedSource(() => reads++);
  for await (
    const _ of loadBatches({ ...base, source, batchSize: 10, prefetch: 2 })
  ) {
    for (let i = 0; i < 1000 && reads < 30; i++) await tick();
    for (let i = 0; i < 20; i++) await tick();
    break;
  }
  strictEqual(reads, 30);
});

Deno.test("loadBatches() stops reading when the signal is aborted", async () => {
  const controller = new AbortController();
  let reads = 0;
  const source = watchedSource(() => {
    reads++;
    if (reads === 10) controller.abort();
  });
  const { signal } = controller;
  deepStrictEqual(
    await Array.fromAsync(
      loadBatches({ ...base, source, batchSize: 500, signal }),
    ),
    [],
  );
  strictEqual(reads, 10);
});

Deno.test("loadBatches() that may not skip ends with the first image that cannot be read, by name", async () => {
  const source = watchedSource(() => {}, 7);
  const results = await Array.fromAsync(
    loadBatches({ ...base, source, batchSize: 100, onBadImage: "fail" }),
  );
  const last = results.at(-1);
  strictEqual(last && errorOf(last), "Cannot read image noise 7: unreadable");
  ok(results.slice(0, -1).every(({ _tag }) => _tag === "Right"));
});

Deno.test("loadBatches() turns what a source throws into an error", async () => {
  const read = () => Promise.reject(new Error("disk on fire"));
  const results = await Array.fromAsync(
    loadBatches({
      ...base,
      source: { ...noiseSource(9), read },
      onBadImage: "fail",
    }),
  );
  match(
    results.map(errorOf).join(),
    /^Cannot read image noise \d: disk on fire$/,
  );
});

Deno.test("loadBatches() names damaged files of a folder: cut short, empty, not an image", async () => {
  const jpeg = await encode(waves(120, 90), "jpeg");
  const photo = right(
    trainTransform({
      imageSize: 32,
      inChannels: 3,
      normalization: IMAGENET_NORMALIZATION,
    }),
  );
  const broken = {
    "short.jpg": jpeg.subarray(0, jpeg.length >> 1),
    "empty.jpg": new Uint8Array(),
    "text.png": new TextEncoder().encode("this is not a picture"),
  };
  for (const [name, bytes] of Object.entries(broken)) {
    await inFolder({ "good.jpg": jpeg, [name]: bytes }, async (folder) => {
      const source = valueOf(await imageFolder(folder));
      const results = await Array.fromAsync(
        loadBatches({
          ...base,
          source,
          transform: photo,
          batchSize: 2,
          onBadImage: "fail",
        }),
      );
      const [only] = results;
      ok(results.length === 1 && only !== undefined);
      match(
        errorOf(only),
        new RegExp(`^Cannot read image ${folder}/${name}: .`),
      );
    });
  }
});

Deno.test("loadBatches() reads photographs of all formats and sizes, a wrong suffix too", async () => {
  const files = {
    "large.jpg": await encode(waves(120, 90), "jpeg"),
    "small.PNG": await encode(waves(9, 14), "png"),
    "pixel.webp": await encode(waves(1, 1), "webp"),
    "really_png.jpg": await encode(waves(50, 40), "png"),
  };
  const photo = right(
    trainTransform({
      imageSize: 32,
      inChannels: 3,
      normalization: IMAGENET_NORMALIZATION,
    }),
  );
  await inFolder(files, async (folder) => {
    const source = valueOf(await imageFolder(folder));
    const [batch] = (await Array.fromAsync(
      loadBatches({ ...base, source, transform: photo }),
    )).map(valueOf);
    deepStrictEqual(batch?.shape, [4, 3, 32, 32]);
    strictEqual(batch?.labels, null);
    // The darkest and brightest level of each channel bound every number.
    ok(batch?.images.every((x) => x >= -2.12 && x <= 2.65));
  });
});

Deno.test("loadBatches() that recycles gives the same batches, each until the next is asked for, in the memory of few", async () => {
  const kept = await load({});
  const memories = new Set<ArrayBufferLike>();
  let place = 0;
  for await (const result of loadBatches({ ...base, recycles: true })) {
    const batch = valueOf(result);
    deepStrictEqual(batch, kept[place++]);
    memories.add(batch.images.buffer);
  }
  strictEqual(place, 5);
  strictEqual(new Set(kept.map(({ images }) => images.buffer)).size, 5);
  // The one in use, two ahead of it, and the one that its successor cannot have yet.
  ok(memories.size <= 4, `${memories.size}`);
});
