import {
  deepStrictEqual,
  match,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import sharp from "sharp";
import {
  type RawImage,
  type Size,
  wholeOf,
} from "../../../data/image/raw_image.ts";
import type { View } from "../../../data/transforms/view.ts";
import { resizeBicubic } from "./resize_bicubic.ts";
import { reasonOf } from "../../../data/report/data_error.ts";
import { decodeScaled } from "./decode_scaled.ts";
import { blackPng, gifOf, latin } from "../made_images.ts";
import { encode, waves } from "../photographs.ts";
import { PLAIN } from "../plain_view.ts";
import { noiseImage } from "../sources.ts";

/** A view of a part of an image in a given size. */
const viewAt =
  (crop: View["crop"] | null, scaled: Size) => (image: Size): View => ({
    crop: crop ?? wholeOf(image),
    scaled,
    window: wholeOf(scaled),
    flip: false,
    ...PLAIN,
  });

const decoded = (
  bytes: Uint8Array,
  view: (image: Size) => View,
): Promise<RawImage> => decodeScaled({ _tag: "EncodedImage", bytes }, view);

const largestDifference = (a: RawImage, b: RawImage): number =>
  a.pixels.reduce(
    (most, level, i) => Math.max(most, Math.abs(level - (b.pixels[i] ?? NaN))),
    0,
  );

const photo = waves(60, 44);

Deno.test("decodeScaled() gives back what PNG and WebP hold, and nearly what JPEG holds", async () => {
  for (
    const [encoding, error] of [["png", 0], ["webp", 0], ["jpeg", 24]] as const
  ) {
    const image = await decoded(
      await encode(photo, encoding),
      viewAt(null, photo),
    );
    deepStrictEqual(
      [image.width, image.height, image.channels],
      [60, 44, 3],
      encoding,
    );
    const difference = largestDifference(image, photo);
    ok(difference <= error, `${encoding}: ${difference}`);
  }
});

Deno.test("decodeScaled() knows a file by its content, not by a name", async () => {
  const png = await decoded(await encode(photo, "png"), viewAt(null, photo));
  strictEqual(largestDifference(png, photo), 0);
});

Deno.test("decodeScaled() resizes as resizeBicubic() does: smaller, larger, and both", async () => {
  const bytes = await encode(photo, "png");
  const crop = { left: 5, top: 3, width: 40, height: 30 };
  const cases = [[24, 20], [64, 64], [50, 12], [40, 30]] as const;
  for (const [width, height] of cases) {
    const image = await decoded(bytes, viewAt(crop, { width, height }));
    const expected = resizeBicubic(photo, crop, { width, height });
    deepStrictEqual([image.width, image.height], [width, height]);
    deepStrictEqual(image.pixels, expected.pixels, `${width}×${height}`);
  }
});

Deno.test("decodeScaled() gives grey files in colour: all channels alike", async () => {
  const grey: RawImage = {
    ...photo,
    channels: 1,
    pixels: photo.pixels.slice(0, 60 * 44),
  };
  for (const encoding of ["png", "jpeg"] as const) {
    const bytes = await encode(grey, encoding);
    const { pixels, channels } = await decoded(bytes, viewAt(null, photo));
    const isGrey = channels === 1 ||
      pixels.every((level, i) => level === pixels[i - i % 3]);
    ok(isGrey, encoding);
    ok(Math.abs((pixels[0] ?? NaN) - (grey.pixels[0] ?? NaN)) <= 8, encoding);
  }
});

Deno.test("decodeScaled() drops transparency and keeps the colour behind it, whether it shrinks or enlarges", async () => {
  const rgba = new Uint8Array(16 * 16 * 4).map((_, i) =>
    i % 4 === 3 ? (i < 512 ? 255 : 0) : 200
  );
  const raw = sharp(rgba, { raw: { width: 16, height: 16, channels: 4 } });
  const bytes = new Uint8Array(await raw.png().toBuffer());
  for (const side of [8, 16, 32]) {
    const { pixels, channels } = await decoded(
      bytes,
      viewAt(null, { width: side, height: side }),
    );
    strictEqual(pixels.length, side * side * channels);
    ok(pixels.every((level) => level === 200), `${side}×${side}`);
  }
});

Deno.test("decodeScaled() ignores the orientation tag", async () => {
  const raw = sharp(photo.pixels, {
    raw: { width: 60, height: 44, channels: 3 },
  });
  const bytes = await raw.png().withMetadata({ orientation: 6 }).toBuffer();
  strictEqual((await sharp(bytes).metadata()).orientation, 6);
  const image = await decoded(new Uint8Array(bytes), viewAt(null, photo));
  strictEqual(largestDifference(image, photo), 0);
});

Deno.test("decodeScaled() brings 16 bits down to 8", async () => {
  const levels = new Uint16Array(8 * 8 * 3).map((_, i) => i * 257);
  const raw = sharp(levels, { raw: { width: 8, height: 8, channels: 3 } });
  const bytes = new Uint8Array(
    await raw.toColourspace("rgb16").png().toBuffer(),
  );
  strictEqual((await sharp(bytes).metadata()).depth, "ushort");
  const { pixels } = await decoded(
    bytes,
    viewAt(null, { width: 8, height: 8 }),
  );
  ok(pixels.every((level, i) => Math.abs(level - i) <= 1));
});

Deno.test("decodeScaled() rejects what is not a whole image", async () => {
  const view = viewAt(null, { width: 8, height: 8 });
  const jpeg = await encode(waves(200, 200), "jpeg");
  const png = await encode(waves(200, 200), "png");
  const broken = {
    "an empty file": new Uint8Array(),
    "a text": new TextEncoder().encode(
      "not an image at all, but long enough to look at",
    ),
    "half a JPEG": jpeg.subarray(0, jpeg.length >> 1),
    "half a PNG": png.subarray(0, png.length >> 1),
    "a JPEG's first bytes": jpeg.subarray(0, 20),
  };
  for (const [name, bytes] of Object.entries(broken)) {
    await rejects(decoded(bytes, view), Error, name);
  }
});

for (const encoding of ["jpeg", "png", "webp"] as const) {
  Deno.test(`decodeScaled() finds a ${encoding} file that is cut short damaged whatever part is seen`, async () => {
    const whole = await encode(noiseImage(0, 90, 80, 3), encoding);
    const top = { left: 0, top: 0, width: 90, height: 10 };
    const bottom = { ...top, top: 70 };
    for (const share of [0.2, 0.5, 0.8, 0.95]) {
      const bytes = whole.slice(0, Math.floor(share * whole.length));
      await rejects(decoded(bytes, viewAt(bottom, top)));
      await rejects(decoded(bytes, viewAt(top, top)), `${share}`);
    }
    await decoded(whole, viewAt(top, top));
  });
}

const SMALL = { width: 8, height: 8 };

const imageOf = (bytes: Uint8Array) =>
  ({ _tag: "EncodedImage", bytes }) as const;

Deno.test("decodeImage() leaves drawings out of reach of sharp, in every thread of the process", async () => {
  await decodeScaled(imageOf(blackPng(8, 8)), viewAt(null, SMALL));
  const svg = latin(
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
  );
  const reason = await sharp(svg).metadata().then(() => "drawn", reasonOf);
  match(reason, /unsupported image format/);
  const program = `import sharp from "${import.meta.resolve("sharp")}";
    const told = (text) => self.postMessage(text);
    self.onmessage = ({ data }) =>
      sharp(data).metadata().then(() => told("drawn"), (e) => told(e.message));`;
  const url = URL.createObjectURL(
    new Blob([program], { type: "text/javascript" }),
  );
  const worker = new Worker(url, { type: "module" });
  const answer = new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  worker.postMessage(svg);
  match(String(await answer), /unsupported image format/);
  worker.terminate();
  URL.revokeObjectURL(url);
});

Deno.test("decodePrepared() refuses a picture whose shape is not that of its header and asks for far more", async () => {
  // The decoder takes screens of more than 2,048 pixels for a mistake of their file.
  const gif = gifOf(1, 3_000, 3_000);
  const at = gif.indexOf(0x2c);
  gif.set([1, 0, 0xb8, 0x0b], at + 5);
  const scaled = { width: 2_000, height: 2_000 * 3_000 };
  const wide = (size: Size): View => ({
    ...viewAt(null, SMALL)(size),
    scaled: size.width === 1 ? scaled : SMALL,
  });
  const reason = await decodeScaled(imageOf(gif), wide)
    .then(() => "decoded", reasonOf);
  match(reason, /^its picture of 1×3000 pixels takes 36 GB in the wanted size/);
});
