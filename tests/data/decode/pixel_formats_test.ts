/**
 * What PIL 9.4.0 gives for the same bytes with `Image.open(file).convert("RGB")`
 * stands beside each case.
 *
 * @module
 */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { crc32 } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { type Size, wholeOf } from "../../../data/image/raw_image.ts";
import type { View } from "../../../data/transforms/view.ts";
import { decodeScaled } from "./decode_scaled.ts";
import { PLAIN } from "../plain_view.ts";

const SIDE = 16;
const AREA = SIDE * SIDE;

const wholeView = (scaled: Size | null) => (image: Size): View => ({
  crop: wholeOf(image),
  scaled: scaled ?? image,
  window: wholeOf(scaled ?? image),
  flip: false,
  ...PLAIN,
});

/** Decoded pixels as colours, in the size of the file or another. */
async function colours(
  file: Sharp | Uint8Array,
  scaled: Size | null = null,
): Promise<readonly (readonly number[])[]> {
  const bytes = file instanceof Uint8Array ? file : await file.toBuffer();
  const encoded = {
    _tag: "EncodedImage",
    bytes: new Uint8Array(bytes),
  } as const;
  const image = await decodeScaled(encoded, wholeView(scaled));
  const { channels, pixels } = image;
  return Array.from({ length: pixels.length / channels }, (_, i) => {
    const own = [...pixels.subarray(i * channels, (i + 1) * channels)];
    return channels === 1 ? [...own, ...own, ...own] : own;
  });
}

/** A picture of one value in every pixel. */
const flat = (...values: readonly number[]): Sharp =>
  sharp(
    Uint8Array.from({ length: AREA * values.length }, (_, i) =>
      values[i % values.length] ?? 0),
    {
      raw: {
        width: SIDE,
        height: SIDE,
        channels: values.length as 1 | 2 | 3 | 4,
      },
    },
  );

/** Each format with a flat picture, and the colour that PIL gives for it. */
const FLAT: Readonly<Record<string, readonly [Sharp, readonly number[]]>> = {
  "a palette": [flat(200, 100, 50).png({ palette: true }), [200, 100, 50]],
  "a TIFF": [flat(200, 100, 50).tiff({ compression: "lzw" }), [200, 100, 50]],
  "a GIF": [flat(200, 100, 50).gif(), [200, 100, 50]],
  "transparent colour": [flat(200, 100, 50, 0).png(), [200, 100, 50]],
  "transparent grey": [
    flat(99, 0).toColourspace("b-w").png(),
    [99, 99, 99],
  ],
  "grey": [flat(77).toColourspace("b-w").png(), [77, 77, 77]],
  // sharp writes the inks 0, 159, 235, 48 for this colour.
  "inks": [
    flat(200, 100, 50).toColourspace("cmyk").jpeg({ quality: 100 }),
    [207, 78, 16],
  ],
};

for (const [name, [file, expected]] of Object.entries(FLAT)) {
  Deno.test(`decodeScaled() gives ${name} as PIL does: whole, shrunk, and enlarged`, async () => {
    for (const side of [SIDE, 9, 25]) {
      const found = await colours(file, { width: side, height: side });
      strictEqual(found.length, side * side);
      found.forEach((colour) => deepStrictEqual(colour, expected));
    }
  });
}

Deno.test("decodeScaled() keeps the upper 8 of 16 bits: colour as PIL, grey where PIL has only white", async () => {
  const levels = (channels: 1 | 3, space: string): Sharp =>
    sharp(
      Uint16Array.from({ length: AREA * channels }, (_, i) => i * 85),
      { raw: { width: SIDE, height: SIDE, channels } },
    ).toColourspace(space).png();
  const upper = (i: number): number => (i * 85) >> 8;
  deepStrictEqual(
    (await colours(levels(3, "rgb16"))).flat(),
    Array.from({ length: AREA * 3 }, (_, i) => upper(i)),
  );
  deepStrictEqual(
    await colours(levels(1, "grey16")),
    Array.from({ length: AREA }, (_, i) => Array(3).fill(upper(i))),
  );
});

Deno.test("decodeScaled() sees the first picture of an animation", async () => {
  const frames = Uint8Array.from(
    { length: 2 * AREA * 3 },
    (_, i) => i < AREA * 3 ? 90 : 250,
  );
  const raw = { width: SIDE, height: 2 * SIDE, channels: 3, pageHeight: SIDE };
  for (const format of ["gif", "webp"] as const) {
    const file = sharp(frames, { raw: { ...raw, channels: 3 } })
      .toFormat(format, { delay: [100, 100], lossless: true });
    strictEqual((await sharp(await file.toBuffer()).metadata()).pages, 2);
    const found = await colours(file);
    strictEqual(found.length, AREA);
    found.forEach((colour) => deepStrictEqual(colour, [90, 90, 90]));
  }
});

Deno.test("decodeScaled() ignores the orientation tag of a JPEG, as torchvision's loader does", async () => {
  const ramp = Uint8Array.from(
    { length: 32 * 8 * 3 },
    (_, i) => Math.floor(i / 3) % 32 * 8,
  );
  const file = sharp(ramp, { raw: { width: 32, height: 8, channels: 3 } })
    .jpeg({ quality: 100 }).withMetadata({ orientation: 6 });
  const found = await colours(file);
  strictEqual(found.length, 32 * 8);
  // Darker on the left than on the right, as stored.
  ok((found[0]?.[0] ?? 255) < 20 && (found[31]?.[0] ?? 0) > 230);
});

/** A chunk of a PNG file. */
function chunk(type: string, content: Uint8Array): Uint8Array {
  const body = Uint8Array.of(...new TextEncoder().encode(type), ...content);
  const words = new DataView(new ArrayBuffer(8));
  words.setUint32(0, content.length);
  words.setUint32(4, crc32(body));
  const bytes = new Uint8Array(words.buffer);
  return Uint8Array.of(...bytes.subarray(0, 4), ...body, ...bytes.subarray(4));
}

/** A black PNG of one bit a pixel: a file of some kilobytes, whatever it unpacks to. */
function blackPng(width: number, height: number): Uint8Array {
  const size = new DataView(new ArrayBuffer(8));
  size.setUint32(0, width);
  size.setUint32(4, height);
  const header = Uint8Array.of(...new Uint8Array(size.buffer), 1, 0, 0, 0, 0);
  const rows = new Uint8Array((1 + Math.ceil(width / 8)) * height);
  return Uint8Array.of(
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk("IHDR", header),
    ...chunk("IDAT", new Uint8Array(deflateSync(rows))),
    ...chunk("IEND", new Uint8Array()),
  );
}

Deno.test("decodeScaled() refuses pictures of 20,000×20,000 before it unpacks them", async () => {
  const bomb = blackPng(20_000, 20_000);
  ok(bomb.length < 100_000, `${bomb.length} bytes`);
  const before = Deno.memoryUsage().rss;
  await rejects(
    colours(bomb, { width: 8, height: 8 }),
    /exceeds pixel limit|20000×20000/,
  );
  ok(Deno.memoryUsage().rss - before < 100e6);
  deepStrictEqual((await colours(blackPng(64, 64)))[0], [0, 0, 0]);
});

Deno.test("decodeScaled() refuses a line that would be huge in its wanted size", async () => {
  const line = blackPng(60_000, 1);
  await rejects(
    colours(line, { width: 60_000 * 224, height: 224 }),
    /its shape asks for 13440000×224 pixels/,
  );
});
