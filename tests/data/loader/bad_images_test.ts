import fc from "fast-check";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { left } from "../../../core/mod.ts";
import {
  badImages,
  type Batch,
  evalTransform,
  imageFolder,
  IMAGENET_NORMALIZATION,
  type ImageSource,
  loadAll,
  loadBatches,
  type LoadOptions,
  trainTransform,
} from "../../../data/mod.ts";
import { right } from "../../right.ts";
import { DEEP, pngHead } from "../made_images.ts";
import { encode, waves } from "../photographs.ts";
import { errorOf, inFolder, noiseSource, valueOf } from "../sources.ts";

const format = {
  imageSize: 8,
  inChannels: 1,
  normalization: { mean: [0.5], deviation: [0.25] },
};
const transform = right(trainTransform(format));
const LENGTH = 400;

/** A source some images of which cannot be read. */
function holed(bad: readonly number[]): ImageSource {
  const noise = noiseSource(LENGTH);
  return {
    ...noise,
    read: (index) =>
      bad.includes(index)
        ? Promise.resolve(
          left({
            _tag: "BadImage",
            image: noise.imageName(index),
            reason: "cut short",
          }),
        )
        : noise.read(index),
  };
}

const options = (
  bad: readonly number[],
  more: Partial<LoadOptions> = {},
): LoadOptions => ({
  source: holed(bad),
  transform,
  seed: 3,
  epoch: 2,
  batchSize: 16,
  ...more,
});

const load = async (options: LoadOptions): Promise<readonly Batch[]> =>
  (await Array.fromAsync(loadBatches(options))).map(valueOf);

const someBad = fc.uniqueArray(fc.nat(LENGTH - 1), { maxLength: 4 });

Deno.test("loadBatches() shows the images of the whole source at all places but those of bad ones", async () => {
  const whole = await load(options([]));
  await fc.assert(
    fc.asyncProperty(someBad, async (bad) => {
      const batches = await load(options(bad));
      strictEqual(batches.length, whole.length);
      batches.forEach(({ indices, images, labels }, k) =>
        whole[k]?.indices.forEach((index, i) => {
          const isBad = bad.includes(index);
          const shown = indices[i] ?? -1;
          strictEqual(shown === index, !isBad);
          ok(!bad.includes(shown));
          strictEqual(labels?.[i], shown % 3);
          const pixels = images.subarray(64 * i, 64 * i + 64);
          if (isBad) ok(pixels.some((x) => x !== 0), "never a black picture");
          else {
            deepStrictEqual(
              pixels,
              whole[k]?.images.subarray(64 * i, 64 * i + 64),
            );
          }
        })
      );
    }),
    { numRuns: 15 },
  );
});

Deno.test("loadBatches() replaces bad images alike from the start, from batch k on, and with other work ahead", async () => {
  await fc.assert(
    fc.asyncProperty(someBad, fc.nat(25), async (bad, fromBatch) => {
      const whole = await load(options(bad));
      const rest = await load(options(bad, { fromBatch, prefetch: 0 }));
      deepStrictEqual(rest, whole.slice(fromBatch));
    }),
    { numRuns: 10 },
  );
});

Deno.test("loadBatches() shows a stand-in with the crop that it has anyway in that epoch", async () => {
  const bad = [5, 6, 7, 8];
  const batches = await load(options(bad));
  const seen = new Map<number, string>();
  let twice = 0;
  for (const { indices, images } of batches) {
    indices.forEach((index, i) => {
      const pixels = String(images.subarray(64 * i, 64 * i + 64));
      if (seen.has(index)) twice++;
      strictEqual(seen.get(index) ?? pixels, pixels);
      seen.set(index, pixels);
    });
  }
  strictEqual(twice, bad.length);
});

Deno.test("loadBatches() notes each bad image once over all epochs, with its reason", async () => {
  const noted = badImages(LENGTH);
  for (const epoch of [0, 1]) {
    await load(options([9, 30], { epoch, badImages: noted }));
  }
  deepStrictEqual(
    [...noted.list()].sort((a, b) => a.index - b.index),
    [9, 30].map((index) => ({
      index,
      image: `noise ${index}`,
      reason: "cut short",
    })),
  );
});

Deno.test("loadBatches() ends once more than 1 % of the images are bad", async () => {
  const results = await Array.fromAsync(
    loadBatches(options([1, 2, 3, 4, 5])),
  );
  const last = results.at(-1);
  match(
    last === undefined ? "" : errorOf(last),
    /^Cannot read 5 of 400 images, more than the 1 % that may be skipped\. Image noise [1-5]: cut short$/,
  );
});

Deno.test("badImages() allows one image of a small source, not two", () => {
  const note = badImages(20).note;
  const bad = (index: number) => note({ index, image: "", reason: "" });
  deepStrictEqual([bad(3), bad(3)], [null, null]);
  strictEqual(bad(4)?._tag, "TooManyBadImages");
});

Deno.test("loadAll() leaves bad images out, or ends with their error when it may not", async () => {
  const view = right(evalTransform(format));
  const all = { source: holed([17, 18]), transform: view, batchSize: 150 };
  const batches = (await Array.fromAsync(loadAll(all))).map(valueOf);
  deepStrictEqual(batches.map(({ shape }) => shape[0]), [148, 150, 100]);
  const whole = (await Array.fromAsync(loadAll({ ...all, source: holed([]) })))
    .map(valueOf);
  const without = (batch?: Batch): readonly number[] =>
    [...batch?.images ?? []].filter((_, i) =>
      ![17, 18].includes(Math.floor(i / 64))
    );
  deepStrictEqual([...batches[0]?.images ?? []], without(whole[0]));
  const [failed] = await Array.fromAsync(
    loadAll({ ...all, onBadImage: "fail" }),
  );
  strictEqual(
    failed && errorOf(failed),
    "Cannot read image noise 17: cut short",
  );
});

Deno.test("loadBatches() skips files that vanish, are cut short, empty, archives, forbidden, drawings, or bombs while it trains", async () => {
  const jpeg = await encode(waves(40, 30), "jpeg");
  const names = Array.from({ length: 700 }, (_, i) => `${1000 + i}.jpg`);
  const files = Object.fromEntries(names.map((name) => [name, jpeg]));
  await inFolder(files, async (folder) => {
    const source = valueOf(await imageFolder(folder));
    const path = (k: number) => `${folder}/${names[k]}`;
    await Deno.remove(path(0));
    await Deno.writeFile(path(1), jpeg.subarray(0, jpeg.length >> 1));
    await Deno.writeFile(path(2), new Uint8Array());
    await Deno.writeTextFile(path(3), "PK\x03\x04 this is an archive");
    await Deno.remove(path(4));
    await Deno.symlink("/etc/hostname", path(4));
    await Deno.writeTextFile(path(5), '<svg width="4000" height="4000"/>');
    await Deno.writeFile(path(6), pngHead(13_377, 13_377, DEEP));
    const noted = badImages(source.length);
    const photo = right(trainTransform({
      ...format,
      inChannels: 3,
      normalization: IMAGENET_NORMALIZATION,
    }));
    const batches = await load({
      source,
      transform: photo,
      seed: 0,
      epoch: 0,
      batchSize: 100,
      badImages: noted,
    });
    strictEqual(batches.length, 7);
    const bad = noted.list().toSorted((a, b) => a.image < b.image ? -1 : 1);
    deepStrictEqual(
      bad.map(({ image }) => image),
      [0, 1, 2, 3, 4, 5, 6].map(path),
    );
    match(bad[5]?.reason ?? "", /^found an SVG drawing, wanted a JPEG, PNG,/);
    match(bad[6]?.reason ?? "", /^decoding it takes 2\.0 GB, wanted at most/);
  });
});
