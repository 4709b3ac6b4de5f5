import fc from "fast-check";
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { applyPixelOp, type PixelOp } from "../../../data/augment/pixel_op.ts";
import type { Interpolation } from "../../../data/augment/affine.ts";
import { pixelOpsAt } from "../../../data/augment/rand_augment.ts";
import type { RawImage } from "../../../data/image/raw_image.ts";
import golden from "../../golden/pixel_ops.json" with { type: "json" };
import { noiseImage } from "../sources.ts";

const CHANNELS = { RGB: 3, L: 1 } as const;

const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text, "base64"));

const imageOf = (mode: "RGB" | "L", text: string): RawImage => ({
  _tag: "RawImage",
  width: golden.width,
  height: golden.height,
  channels: CHANNELS[mode],
  pixels: bytesOf(text),
});

for (const tag of new Set(golden.cases.map(({ op }) => op._tag))) {
  Deno.test(`applyPixelOp() gives Pillow's pixels: ${tag}`, () => {
    for (const one of golden.cases.filter(({ op }) => op._tag === tag)) {
      const mode = one.mode as "RGB" | "L";
      const context = {
        interpolation: one.interpolation as Interpolation,
        fill: golden.fill[mode],
      };
      const image = imageOf(mode, golden.images[mode]);
      const found = applyPixelOp(context, one.op as PixelOp, image);
      deepStrictEqual(
        [...found.pixels],
        [...bytesOf(one.pixels)],
        JSON.stringify({ ...one, pixels: undefined }),
      );
    }
  });
}

Deno.test("applyPixelOp() leaves channels of one level as Pillow does", () => {
  const context = { interpolation: "bicubic", fill: [0] } as const;
  for (const { image, op, pixels } of golden.flat) {
    const found = applyPixelOp(context, op as PixelOp, imageOf("L", image));
    deepStrictEqual([...found.pixels], [...bytesOf(pixels)], op._tag);
  }
});

Deno.test("applyPixelOp() keeps size and channels, changes no input, and does each channel alone but for colour and contrast", () => {
  const side = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(
      fc.nat(1000),
      side,
      side,
      fc.double({ min: 0, max: 10, noNaN: true }),
      fc.constantFrom(1 as const, -1 as const),
      (seed, width, height, strength, sign) => {
        const image = noiseImage(seed, width, height, 3);
        const before = image.pixels.slice();
        for (const op of pixelOpsAt(strength, sign)) {
          const context = {
            interpolation: "bicubic",
            fill: [7, 8, 9],
          } as const;
          const found = applyPixelOp(context, op, image);
          deepStrictEqual(
            [found.width, found.height, found.channels, found.pixels.length],
            [width, height, 3, 3 * width * height],
          );
          deepStrictEqual(image.pixels, before);
          if (op._tag === "Color" || op._tag === "Contrast") continue;
          const second = (from: RawImage): Uint8Array =>
            from.pixels.filter((_, i) => i % 3 === 1);
          const grey: RawImage = {
            ...image,
            channels: 1,
            pixels: second(image),
          };
          const alone = applyPixelOp({ ...context, fill: [8] }, op, grey);
          deepStrictEqual(alone.pixels, second(found), op._tag);
        }
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("applyPixelOp() moves pixels by whole numbers without a change, and fills what comes in", () => {
  const image: RawImage = {
    _tag: "RawImage",
    width: 4,
    height: 1,
    channels: 1,
    pixels: Uint8Array.of(10, 20, 30, 40),
  };
  for (const interpolation of ["bilinear", "bicubic"] as const) {
    const context = { interpolation, fill: [99] };
    const moved = applyPixelOp(
      context,
      { _tag: "TranslateX", part: 0.25 },
      image,
    );
    deepStrictEqual([...moved.pixels], [20, 30, 40, 99]);
  }
  const inverse = (op: PixelOp): PixelOp => op;
  const context = { interpolation: "bicubic", fill: [0] } as const;
  const twice = [1, 2].reduce(
    (done) => applyPixelOp(context, inverse({ _tag: "Invert" }), done),
    image,
  );
  strictEqual(String(twice.pixels), String(image.pixels));
});
