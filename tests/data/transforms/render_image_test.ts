import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { rootKey } from "../../../core/mod.ts";
import type { ImageFormat } from "../../../data/transforms/transform.ts";
import { imageRenderer } from "../../../data/loader/render_image.ts";
import {
  type RawImage,
  type Size,
  wholeOf,
} from "../../../data/image/raw_image.ts";
import type { View } from "../../../data/transforms/view.ts";
import { levelTables } from "../../../data/transforms/write_view.ts";
import { encode, waves } from "../photographs.ts";
import { noiseImage } from "../sources.ts";
import { PLAIN } from "../plain_view.ts";

const whole = (flip: boolean) => (image: Size): View => ({
  crop: wholeOf(image),
  scaled: image,
  window: wholeOf(image),
  flip,
  ...PLAIN,
});

const grey: ImageFormat = {
  imageSize: 4,
  inChannels: 1,
  normalization: { mean: [0.25], deviation: [0.5] },
};
const colour: ImageFormat = {
  imageSize: 4,
  inChannels: 3,
  normalization: { mean: [0.1, 0.2, 0.3], deviation: [1, 2, 4] },
};

const rendered = async (
  format: ImageFormat,
  image: RawImage,
  flip = false,
): Promise<Float32Array> => {
  const target = new Float32Array(
    format.inChannels * image.width * image.height,
  ).fill(NaN);
  await imageRenderer(format)(image, whole(flip), target);
  return target;
};

Deno.test("imageRenderer() normalises each channel and puts channels first", async () => {
  const image = noiseImage(1, 4, 4, 3);
  const expected = [0, 1, 2].flatMap((c) =>
    Array.from(
      { length: 16 },
      (_, i) =>
        Math.fround(
          ((image.pixels[3 * i + c] ?? 0) / 255 - [0.1, 0.2, 0.3][c]!) /
            [1, 2, 4][c]!,
        ),
    )
  );
  deepStrictEqual([...await rendered(colour, image)], expected);
});

Deno.test("imageRenderer() mirrors rows when told so", async () => {
  const image = noiseImage(2, 4, 4, 1);
  const [straight, mirrored] = [
    await rendered(grey, image),
    await rendered(grey, image, true),
  ];
  for (let y = 0; y < 4; y++) {
    deepStrictEqual(
      [...mirrored.slice(4 * y, 4 * y + 4)],
      [...straight.slice(4 * y, 4 * y + 4)].reverse(),
    );
  }
});

Deno.test("imageRenderer() shows grey in three channels with grey's statistics", async () => {
  const image = noiseImage(3, 4, 4, 1);
  const one = await rendered(grey, image);
  const three = await rendered({ ...grey, inChannels: 3 }, image);
  deepStrictEqual([...three], [...one, ...one, ...one]);
});

Deno.test("imageRenderer() turns colour into BT.601 luma", async () => {
  const of = (r: number, g: number, b: number): RawImage => ({
    _tag: "RawImage",
    width: 1,
    height: 1,
    channels: 3,
    pixels: Uint8Array.of(r, g, b),
  });
  const plain = {
    ...grey,
    imageSize: 1,
    normalization: { mean: [0], deviation: [1 / 255] },
  };
  const levels = [of(255, 0, 0), of(0, 255, 0), of(0, 0, 255), of(9, 9, 9)]
    .map(async (image) => (await rendered(plain, image))[0]);
  // Luma 76.2, 149.7, 29.1.
  deepStrictEqual(
    await Promise.all(levels),
    [76, 150, 29, 9].map((level) => Math.fround(level / 255 / (1 / 255))),
  );
});

Deno.test("imageRenderer() cuts the window out of the resized image", async () => {
  const image = noiseImage(4, 6, 5, 1);
  const target = new Float32Array(4);
  const view: View = {
    crop: wholeOf(image),
    scaled: { width: 6, height: 5 },
    window: { left: 3, top: 1, width: 2, height: 2 },
    flip: false,
    ...PLAIN,
  };
  await imageRenderer(grey)(image, () => view, target);
  const expected = [9, 10, 15, 16].map((i) =>
    Math.fround(((image.pixels[i] ?? 0) / 255 - 0.25) / 0.5)
  );
  deepStrictEqual([...target], expected);
});

Deno.test("imageRenderer() shows black where the window reaches over the border", async () => {
  const image = noiseImage(4, 3, 2, 1);
  const at = (x: number, y: number): number =>
    x >= 0 && x < 3 && y >= 0 && y < 2 ? image.pixels[3 * y + x]! : 0;
  for (const [left, top] of [[-2, -1], [1, 1], [-1, 0], [4, 0], [0, -3]]) {
    const view: View = {
      crop: wholeOf(image),
      scaled: { width: 3, height: 2 },
      window: { left: left!, top: top!, width: 3, height: 2 },
      flip: false,
      ops: [],
      interpolation: "bicubic",
      erased: null,
    };
    const target = new Float32Array(6).fill(NaN);
    await imageRenderer(grey)(image, () => view, target);
    const expected = Array.from({ length: 6 }, (_, i) =>
      Math.fround(
        (at(left! + i % 3, top! + Math.floor(i / 3)) / 255 - 0.25) / 0.5,
      ));
    deepStrictEqual([...target], expected);
  }
});

Deno.test("imageRenderer() gives encoded and raw images the same numbers", async () => {
  const photo = waves(40, 30);
  const view = (image: Size): View => ({
    crop: { left: 4, top: 2, width: 30, height: 24 },
    scaled: { width: 16, height: 16 },
    window: wholeOf({ width: 16, height: 16 }),
    flip: image.width === 40,
    ...PLAIN,
  });
  const render = imageRenderer({ ...colour, imageSize: 16 });
  const [raw, encoded] = [new Float32Array(768), new Float32Array(768)];
  await render(photo, view, raw);
  await render(
    { _tag: "EncodedImage", bytes: await encode(photo, "png") },
    view,
    encoded,
  );
  ok(raw.every(Number.isFinite));
  strictEqual(raw.length, encoded.length);
  // One of 255 levels, divided by the smallest deviation.
  ok(
    raw.every((value, i) =>
      Math.abs(value - (encoded[i] ?? NaN)) <= 1 / 255 + 1e-6
    ),
  );
});

Deno.test("imageRenderer() mirrors, then operates, and fills with the mean of the pixels' statistics", async () => {
  const image: RawImage = {
    _tag: "RawImage",
    width: 4,
    height: 1,
    channels: 1,
    pixels: Uint8Array.of(10, 20, 30, 40),
  };
  const view = (size: Size): View => ({
    ...whole(true)(size),
    ops: [{ _tag: "TranslateX", part: 0.25 }, { _tag: "Invert" }],
  });
  const target = new Float32Array(4);
  await imageRenderer(grey)(image, view, target);
  // 40 30 20 10, moved to the left with 0.25 · 255 = 64 behind, then inverted.
  deepStrictEqual(
    [...target],
    [225, 235, 245, 191].map((level) =>
      Math.fround((level / 255 - 0.25) / 0.5)
    ),
  );
});

Deno.test("imageRenderer() erases at the end, in every channel, where the view says", async () => {
  const image = noiseImage(7, 4, 4, 3);
  const straight = await rendered(colour, image);
  const target = new Float32Array(48);
  const box = { left: 1, top: 2, width: 2, height: 1 };
  const erased = { box, noise: rootKey(1) };
  const view = (size: Size): View => ({ ...whole(false)(size), erased });
  await imageRenderer(colour)(image, view, target);
  const changed = [...target].flatMap((value, i) =>
    value === straight[i] ? [] : [i]
  );
  deepStrictEqual(changed, [9, 10, 25, 26, 41, 42]);
});

Deno.test("imageRenderer() writes levels into bytes, whose numbers are those that it writes into numbers", async () => {
  for (const format of [grey, colour]) {
    for (const channels of [1, 3] as const) {
      for (const flip of [false, true]) {
        const image = noiseImage(8, 5, 4, channels);
        const numbers = await rendered(format, image, flip);
        const target = new Uint8Array(numbers.length);
        await imageRenderer(format)(image, whole(flip), target);
        const tables = levelTables(format);
        deepStrictEqual(
          Float32Array.from(
            target,
            (level, i) => tables[Math.floor(i / 20)]![level]!,
          ),
          numbers,
        );
      }
    }
  }
});

Deno.test("imageRenderer() refuses to write noise into levels", async () => {
  const box = { left: 1, top: 2, width: 2, height: 1 };
  const erased = { box, noise: rootKey(1) };
  const view = (size: Size): View => ({ ...whole(false)(size), erased });
  const image = noiseImage(7, 4, 4, 3);
  await rejects(
    imageRenderer(colour)(image, view, new Uint8Array(48)),
    /cannot erase with noise in an image of levels/,
  );
});
