import jpegTurbo from "@julusian/jpeg-turbo";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import sharp, { type Sharp } from "sharp";
import type { DecodingThread } from "../../../data/decode/decode_jpeg.ts";
import type {
  PixelBox,
  RawImage,
  Size,
} from "../../../data/image/raw_image.ts";
import { decodeJpeg, regionOf } from "../../../data/decode/decode_jpeg.ts";
import { loadTurboLibrary } from "../../../data/decode/turbo_library.ts";
import { encode, waves } from "../photographs.ts";
import { noiseImage } from "../sources.ts";

const { os, arch } = Deno.build;
const ignore = os !== "linux" && await loadTurboLibrary() === null;
const where = ignore ? ` (skipped: no library for ${os} ${arch})` : "";

function libraryTest(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name: name + where, ignore, fn });
}

function cutTo({ width, pixels }: RawImage, box: PixelBox): Uint8Array {
  const row = box.width * 3;
  const levels = new Uint8Array(row * box.height);
  for (let y = 0; y < box.height; y++) {
    const from = ((box.top + y) * width + box.left) * 3;
    levels.set(pixels.subarray(from, from + row), y * row);
  }
  return levels;
}

/** The pixels of the crop, or `null` if the decoder gave up. */
async function cropOf(
  bytes: Uint8Array,
  size: Size,
  crop: PixelBox,
  thread: DecodingThread = "here",
): Promise<Uint8Array | null> {
  using decoded = await decodeJpeg(bytes, size, crop, thread);
  if (decoded === null) return null;
  const { image, region } = decoded;
  const left = crop.left - region.left;
  const top = crop.top - region.top;
  return cutTo(image, { ...crop, left, top });
}

const cropBySharp = async (
  bytes: Uint8Array,
  crop: PixelBox,
): Promise<Uint8Array> =>
  new Uint8Array(
    await sharp(bytes).extract(crop).toColourspace("srgb").raw().toBuffer(),
  );

/** A size, and a part of an image of this size. */
const cropCase = fc.record({
  width: fc.integer({ min: 16, max: 150 }),
  height: fc.integer({ min: 16, max: 90 }),
  at: fc.tuple(fc.nat(999), fc.nat(999)),
  share: fc.tuple(fc.nat(999), fc.nat(999)),
}).map(({ width, height, at, share }) => {
  const [left, top] = [at[0] % width, at[1] % height];
  const crop = {
    left,
    top,
    width: 1 + share[0] % (width - left),
    height: 1 + share[1] % (height - top),
  };
  return { size: { width, height }, crop };
});

Deno.test("regionOf() has the crop and two pixels around it inside, as far as the image goes", () => {
  fc.assert(fc.property(cropCase, ({ size, crop }) => {
    const { left, top, width, height } = regionOf(size, crop);
    strictEqual(left % 32, 0);
    ok(left >= 0 && left <= Math.max(0, crop.left - 2));
    strictEqual(top, Math.max(0, crop.top - 2));
    strictEqual(
      left + width,
      Math.min(size.width, crop.left + crop.width + 2),
    );
    strictEqual(
      top + height,
      Math.min(size.height, crop.top + crop.height + 2),
    );
  }));
});

libraryTest("loadTurboLibrary() finds the library of its package", async () => {
  ok(await loadTurboLibrary() !== null);
});

const { SAMP_444, SAMP_422, SAMP_420, SAMP_440 } = jpegTurbo;

for (
  const [name, subsampling] of [
    ["4:4:4", SAMP_444],
    ["4:2:2", SAMP_422],
    ["4:2:0", SAMP_420],
    ["4:4:0", SAMP_440],
  ] as const
) {
  libraryTest(
    `decodeJpeg() of any part of ${name} has the levels of sharp`,
    async () => {
      await fc.assert(
        fc.asyncProperty(cropCase, fc.nat(99), async ({ size, crop }, seed) => {
          const { pixels } = noiseImage(seed, size.width, size.height, 3);
          const bytes = new Uint8Array(
            jpegTurbo.compressSync(Buffer.from(pixels), {
              ...size,
              format: jpegTurbo.FORMAT_RGB,
              subsampling,
              quality: 85,
            }),
          );
          deepStrictEqual(
            await cropOf(bytes, size, crop),
            await cropBySharp(bytes, crop),
          );
        }),
        { numRuns: 40 },
      );
    },
  );
}

/** Files of other kinds, as sharp writes them. */
const KINDS = {
  "progressive files": (image: Sharp) => image.jpeg({ progressive: true }),
  "grey files": (image: Sharp) =>
    image.toColourspace("b-w").jpeg({ quality: 90 }),
  "files that must be turned": (image: Sharp) =>
    image.withMetadata({ orientation: 6 }).jpeg(),
} as const;

for (const [name, write] of Object.entries(KINDS)) {
  libraryTest(
    `decodeJpeg() of any part of ${name} has the levels of sharp`,
    async () => {
      await fc.assert(
        fc.asyncProperty(cropCase, async ({ size, crop }) => {
          const raw = sharp(waves(size.width, size.height).pixels, {
            raw: { ...size, channels: 3 },
          });
          const bytes = new Uint8Array(await write(raw).toBuffer());
          deepStrictEqual(
            await cropOf(bytes, size, crop),
            await cropBySharp(bytes, crop),
          );
        }),
        { numRuns: 15 },
      );
    },
  );
}

libraryTest(
  "decodeJpeg() does not mix up files that are decoded at the same time",
  async () => {
    const crop = { left: 3, top: 5, width: 90, height: 60 };
    const SIZE = { width: 120, height: 80 };
    const files = await Promise.all(
      Array.from(
        { length: 24 },
        (_, i) => encode(noiseImage(i, 120, 80, 3), "jpeg"),
      ),
    );
    const alone: (Uint8Array | null)[] = [];
    for (const file of files) alone.push(await cropOf(file, SIZE, crop));
    ok(alone.every((levels) => levels !== null));
    const together = await Promise.all(
      files.map((file) => cropOf(file, SIZE, crop, "aside")),
    );
    deepStrictEqual(together, alone);
  },
);

Deno.test("decodeJpeg() leaves to others a picture of another size than its header says", async () => {
  const jpeg = await encode(noiseImage(1, 64, 48, 3), "jpeg");
  const crop = { left: 0, top: 0, width: 8, height: 8 };
  strictEqual(await cropOf(jpeg, { width: 64, height: 49 }, crop), null);
});

Deno.test("decodeJpeg() leaves to others what is damaged, in inks, or no JPEG", async () => {
  const crop = { left: 0, top: 0, width: 64, height: 48 };
  const image = noiseImage(1, 64, 48, 3);
  const jpeg = await encode(image, "jpeg");
  const inks = await sharp(image.pixels, { raw: { ...crop, channels: 3 } })
    .toColourspace("cmyk").jpeg().toBuffer();
  const files: Readonly<Record<string, Uint8Array>> = {
    "without its end": jpeg.slice(0, -40),
    "half": jpeg.slice(0, jpeg.length / 2),
    "a header": jpeg.slice(0, 300),
    "a few bytes": jpeg.slice(0, 20),
    "nothing": new Uint8Array(0),
    "a PNG": await encode(image, "png"),
    "inks": new Uint8Array(inks),
  };
  for (const [name, bytes] of Object.entries(files)) {
    strictEqual(await cropOf(bytes, crop, crop), null, name);
  }
  if (!ignore) ok(await cropOf(jpeg, crop, crop) !== null);
});
