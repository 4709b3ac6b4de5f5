import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import sharp, { type Sharp } from "sharp";
import {
  admitImage,
  decodingBytes,
} from "../../../data/decode/image_budget.ts";
import type { Colour } from "../../../data/image/background.ts";
import { type Size, wholeOf } from "../../../data/image/raw_image.ts";
import type { View } from "../../../data/transforms/view.ts";
import { gifOf } from "../made_images.ts";
import { encode, type Encoding, waves } from "../photographs.ts";
import { PLAIN } from "../plain_view.ts";
import { decodeScaled } from "./decode_scaled.ts";

const BACKGROUND: Colour = [124, 116, 104];

const whole = (image: Size): View => ({
  crop: wholeOf(image),
  scaled: image,
  window: wholeOf(image),
  flip: false,
  ...PLAIN,
});

/** Levels of a file of a few pixels, blended or not. */
async function levels(
  bytes: Uint8Array,
  background?: Colour,
): Promise<readonly number[]> {
  const file = { _tag: "EncodedImage", bytes } as const;
  const { pixels, channels } = await decodeScaled(
    background === undefined ? file : { ...file, background },
    whole,
  );
  strictEqual(channels, 3);
  return [...pixels];
}

const bytesOf = async (file: Sharp): Promise<Uint8Array> =>
  new Uint8Array(await file.toBuffer());

const hasAlpha = (bytes: Uint8Array): boolean =>
  admitImage({ _tag: "EncodedImage", bytes }).header.hasAlpha;

/** Four pixels: hidden, half seen, seen, and almost hidden. */
const RGBA = [
  ...[10, 20, 30, 0],
  ...[200, 100, 50, 128],
  ...[1, 2, 3, 255],
  ...[90, 80, 70, 1],
];

/** Colours of pixels, without and with a background, computed here. */
const shown = (rgba: readonly number[], onto: Colour | null) =>
  rgba.flatMap((own, i) => {
    if (i % 4 === 3) return [];
    const part = rgba[i - i % 4 + 3]! / 255;
    return onto === null
      ? [own]
      : [Math.round(own * part + onto[i % 4]! * (1 - part))];
  });

const four = (rgba: readonly number[]): Sharp =>
  sharp(Uint8Array.from(rgba), { raw: { width: 2, height: 2, channels: 4 } });

const KEEPING: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  PNG: (image) => image.png(),
  WebP: (image) => image.webp({ lossless: true, exact: true }),
  AVIF: (image) => image.avif({ lossless: true }),
  TIFF: (image) => image.tiff({ compression: "lzw" }),
};

for (const [name, write] of Object.entries(KEEPING)) {
  Deno.test(`decodeImage() blends ${name} onto a colour, and drops alpha without one`, async () => {
    const bytes = await bytesOf(write(four(RGBA)));
    strictEqual(hasAlpha(bytes), true);
    deepStrictEqual(await levels(bytes), shown(RGBA, null));
    deepStrictEqual(await levels(bytes, BACKGROUND), shown(RGBA, BACKGROUND));
  });
}

Deno.test("decodeImage() blends a palette with transparent colours", async () => {
  const bytes = await bytesOf(four(RGBA).png({ palette: true }));
  strictEqual(bytes[25], 3, "the colour type of palettes");
  strictEqual(hasAlpha(bytes), true);
  const { data } = await sharp(bytes).raw().toBuffer({
    resolveWithObject: true,
  });
  deepStrictEqual(
    await levels(bytes, BACKGROUND),
    shown([...data], BACKGROUND),
  );
});

Deno.test("decodeImage() blends grey with alpha onto a colour that is not grey", async () => {
  const pixels = Uint8Array.of(10, 0, 200, 128, 1, 255, 90, 1);
  const raw = { width: 2, height: 2, channels: 2 } as const;
  const file = sharp(pixels, { raw }).toColourspace("b-w").png();
  const bytes = await bytesOf(file);
  strictEqual((await sharp(bytes).metadata()).channels, 2);
  const rgba = [0, 2, 4, 6].flatMap((i) => {
    const grey = pixels[i]!;
    return [grey, grey, grey, pixels[i + 1]!];
  });
  strictEqual(hasAlpha(bytes), true);
  deepStrictEqual(await levels(bytes), shown(rgba, null));
  deepStrictEqual(await levels(bytes, BACKGROUND), shown(rgba, BACKGROUND));
});

Deno.test("decodeImage() blends 16 bits by the upper 8 of colours and alpha", async () => {
  const deep = RGBA.map((level, i) => 256 * level + 13 * i);
  const raw = { width: 2, height: 2, channels: 4 } as const;
  const file = sharp(Uint16Array.from(deep), { raw }).toColourspace("rgb16");
  const bytes = await bytesOf(file.png());
  strictEqual((await sharp(bytes).metadata()).depth, "ushort");
  deepStrictEqual(await levels(bytes, BACKGROUND), shown(RGBA, BACKGROUND));
});

Deno.test("decodeImage() takes colours of TIFF that are multiplied by alpha for what they show", async () => {
  const premultiplied = [
    ...[0, 0, 0, 0],
    ...[100, 50, 25, 128],
    ...[1, 2, 3, 255],
    ...[0, 0, 0, 1],
  ];
  const bytes = await bytesOf(
    four(premultiplied).tiff({ compression: "none" }),
  );
  const file = new DataView(bytes.buffer);
  const start = file.getUint32(4, true);
  for (let i = 0; i < file.getUint16(start, true); i++) {
    const entry = start + 2 + 12 * i;
    // ExtraSamples: 1 is alpha that colours are multiplied by.
    if (file.getUint16(entry, true) === 338) file.setUint16(entry + 8, 1, true);
  }
  strictEqual(hasAlpha(bytes), true);
  const found = await levels(bytes, BACKGROUND);
  const wanted = premultiplied.flatMap((own, i) => {
    if (i % 4 === 3) return [];
    const alpha = premultiplied[i - i % 4 + 3]!;
    return [own + BACKGROUND[i % 4]! * (1 - alpha / 255)];
  });
  // Colours are divided by alpha to 8 bits before: one level on the way, one at the end.
  found.forEach((level, i) =>
    ok(Math.abs(level - wanted[i]!) <= 1, `${i}: ${level}, ${wanted[i]}`)
  );
});

Deno.test("decodeImage() does not blend by a sample of TIFF that says nothing", async () => {
  const bytes = await bytesOf(four(RGBA).tiff({ compression: "none" }));
  const file = new DataView(bytes.buffer);
  const start = file.getUint32(4, true);
  for (let i = 0; i < file.getUint16(start, true); i++) {
    const entry = start + 2 + 12 * i;
    if (file.getUint16(entry, true) === 338) file.setUint16(entry + 8, 0, true);
  }
  strictEqual(hasAlpha(bytes), false);
  deepStrictEqual(await levels(bytes, BACKGROUND), await levels(bytes));
});

Deno.test("decodeImage() shows the background where a GIF has a transparent colour", async () => {
  const transparent = four([
    ...[9, 9, 9, 255],
    ...[200, 100, 50, 255],
    ...[0, 0, 0, 0],
    ...[9, 9, 9, 255],
  ]);
  const bytes = await bytesOf(transparent.gif());
  strictEqual(hasAlpha(bytes), true);
  const wanted = [9, 9, 9, 200, 100, 50, ...BACKGROUND, 9, 9, 9];
  deepStrictEqual(await levels(bytes, BACKGROUND), wanted);
});

Deno.test("decodeImage() gives the same levels for all files without alpha, whatever the background", async () => {
  const photo = waves(20, 12);
  const grey = { ...photo, channels: 1 as const };
  const files = [photo, { ...grey, pixels: photo.pixels.slice(0, 240) }];
  for (const file of files) {
    const encodings = ["jpeg", "png", "webp", "gif", "tiff", "avif"] as const;
    for (const encoding of encodings satisfies readonly Encoding[]) {
      const bytes = await encode(file, encoding);
      // The encoder of GIF keeps a colour for what is transparent, used or not.
      if (encoding !== "gif") strictEqual(hasAlpha(bytes), false, encoding);
      const plain = { _tag: "EncodedImage", bytes } as const;
      deepStrictEqual(
        await decodeScaled({ ...plain, background: BACKGROUND }, whole),
        await decodeScaled(plain, whole),
        encoding,
      );
    }
  }
});

Deno.test("decodingBytes() counts a byte more for each pixel that is blended", () => {
  const bytes = gifOf(1, 300, 200);
  const admitted = admitImage({ _tag: "EncodedImage", bytes });
  const part = whole(admitted.header);
  strictEqual(
    decodingBytes(admitted, part, true) - decodingBytes(admitted, part),
    300 * 200,
  );
});
