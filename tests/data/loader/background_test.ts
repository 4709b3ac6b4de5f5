import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import sharp from "sharp";
import {
  type Background,
  countAlpha,
  evalTransform,
  imageFolder,
  IMAGENET_NORMALIZATION,
  type ImageSource,
  imageWorkers,
  loadAll,
  loadBatches,
  loadLevels,
  trainTransform,
} from "../../../data/mod.ts";
import { right } from "../../right.ts";
import { encode, waves } from "../photographs.ts";
import { inFolder, noiseSource, valueOf } from "../sources.ts";

const SIDE = 16;

const format = {
  imageSize: SIDE,
  inChannels: 3,
  normalization: IMAGENET_NORMALIZATION,
};

/** Yellow that is hidden to the left, half seen in the middle, seen to the right. */
async function cutOut(encoding: "png" | "webp"): Promise<Uint8Array> {
  const pixels = Uint8Array.from(
    { length: 4 * SIDE * SIDE },
    (_, i) => [250, 200, 10, alphaAt(Math.floor(i / 4) % SIDE)][i % 4]!,
  );
  const raw = { width: SIDE, height: SIDE, channels: 4 } as const;
  const options = encoding === "webp" ? { lossless: true, exact: true } : {};
  const file = sharp(pixels, { raw }).toFormat(encoding, options);
  return new Uint8Array(await file.toBuffer());
}

const alphaAt = (column: number): number =>
  column < 4 ? 0 : column < 8 ? 100 : 255;

const inCutOuts = async (
  test: (source: ImageSource) => Promise<void>,
): Promise<void> =>
  inFolder({
    "a.png": await cutOut("png"),
    "b.webp": await cutOut("webp"),
    "c.png": await encode(waves(20, 18), "png"),
    "d.jpg": await encode(waves(20, 18), "jpeg"),
  }, async (folder) => await test(valueOf(await imageFolder(folder))));

/** All images as the model sees them. */
async function seen(source: ImageSource): Promise<readonly Float32Array[]> {
  const transform = right(evalTransform(format));
  const [batch] = await Array.fromAsync(
    loadAll({ source, transform, batchSize: 4 }),
  );
  const { images } = valueOf(batch!);
  const size = 3 * SIDE * SIDE;
  return [0, 1, 2, 3].map((i) => images.slice(i * size, (i + 1) * size));
}

/** A pixel of the first row, as levels. */
const levelsAt = (image: Float32Array, column: number): readonly number[] =>
  [0, 1, 2].map((c) => {
    const { mean, deviation } = IMAGENET_NORMALIZATION;
    const value = image[c * SIDE * SIDE + column]!;
    return Math.max(0, Math.round(255 * (value * deviation[c]! + mean[c]!)));
  });

const COLOURS = {
  mean: [124, 116, 104],
  white: [255, 255, 255],
  black: [0, 0, 0],
} as const;

Deno.test("loadAll() blends transparent files onto the background of their source", () =>
  inCutOuts(async (source) => {
    for (const [background, colour] of Object.entries(COLOURS)) {
      const onto = { ...source, background: background as Background };
      for (const image of (await seen(onto)).slice(0, 2)) {
        deepStrictEqual(levelsAt(image, 0), [...colour]);
        const half = [250, 200, 10].map((own, c) =>
          Math.round((100 * own + 155 * colour[c]!) / 255)
        );
        deepStrictEqual(levelsAt(image, 5), half, background);
        deepStrictEqual(levelsAt(image, 15), [250, 200, 10]);
      }
    }
  }));

Deno.test("loadAll() brings the mean colour to 0, to within half a level", () =>
  inCutOuts(async (source) => {
    const [image] = await seen({ ...source, background: "mean" });
    for (const [c, deviation] of IMAGENET_NORMALIZATION.deviation.entries()) {
      const value = image![c * SIDE * SIDE]!;
      ok(Math.abs(value) <= 0.5 / 255 / deviation + 1e-6, `${value}`);
    }
  }));

Deno.test("loadAll() drops alpha without a background, and by none; opaque files never change", () =>
  inCutOuts(async (source) => {
    const plain = await seen(source);
    deepStrictEqual(await seen({ ...source, background: "none" }), plain);
    deepStrictEqual(levelsAt(plain[0]!, 0), [250, 200, 10]);
    for (const background of ["mean", "white", "black"] as const) {
      const onto = await seen({ ...source, background });
      deepStrictEqual(onto.slice(2), plain.slice(2), background);
    }
  }));

Deno.test("loadBatches() and loadLevels() blend alike, and the same with workers", () =>
  inCutOuts(async (inner) => {
    const source = { ...inner, background: "white" as const };
    const transform = right(trainTransform(format));
    const options = { source, transform, seed: 3, epoch: 0, batchSize: 4 };
    const alone = await Array.fromAsync(loadBatches(options));
    using workers = imageWorkers(2);
    deepStrictEqual(
      await Array.fromAsync(loadBatches({ ...options, workers })),
      alone,
    );
    const { images } = valueOf(alone[0]!);
    const [batch] = await Array.fromAsync(loadLevels({ ...options, workers }));
    const { images: bytes, levels } = valueOf(batch!);
    const area = SIDE * SIDE;
    ok(
      images.every((value, i) =>
        value === levels[Math.floor(i / area) % 3]![bytes[i]!]
      ),
    );
  }));

Deno.test("countAlpha() looks at headers of image files alone", () =>
  inCutOuts(async (source) => {
    deepStrictEqual(await countAlpha(source), { looked: 4, withAlpha: 2 });
    const raw = await countAlpha(noiseSource(300));
    strictEqual(raw.withAlpha, 0);
    ok(raw.looked < 300);
  }));
