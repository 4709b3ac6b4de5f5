import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import {
  evalTransform,
  IMAGENET_NORMALIZATION,
  imageWorkers,
} from "../../../data/mod.ts";
import {
  type EncodedImage,
  type Size,
  wholeOf,
} from "../../../data/image/raw_image.ts";
import type { View } from "../../../data/transforms/view.ts";
import {
  admitImage,
  decodingBytes,
  decodingMemory,
  MOST_DECODING_BYTES,
  MOST_PIXELS,
} from "../../../data/decode/image_budget.ts";
import { reasonOf } from "../../../data/report/data_error.ts";
import { damaged } from "../../fuzz/damage.ts";
import { fuzzParameters } from "../../fuzz/parameters.ts";
import { bytesAskedBy } from "../../fuzz/watch.ts";
import { right } from "../../right.ts";
import {
  blackPng,
  DEEP,
  gifOf,
  latin,
  pngHead,
  replaced,
  textBomb,
  tiffOf,
  withJpegSize,
  withScans,
} from "../made_images.ts";
import { encode, waves } from "../photographs.ts";
import { PLAIN } from "../plain_view.ts";

const SMALL = { width: 8, height: 8 };

/** All of an image in a small size. */
const viewAt = (size: Size): View => ({
  ...PLAIN,
  crop: wholeOf(size),
  scaled: SMALL,
  window: wholeOf(SMALL),
  flip: false,
});

const imageOf = (bytes: Uint8Array): EncodedImage => ({
  _tag: "EncodedImage",
  bytes,
});

function admit(bytes: Uint8Array) {
  const admitted = admitImage(imageOf(bytes));
  const taken = decodingBytes(admitted, viewAt(admitted.header));
  return { ...admitted, bytes: taken };
}

/** Why a file is not decoded; it must be said without asking for memory. */
async function refusal(bytes: Uint8Array): Promise<string> {
  let reason = "";
  const asked = await bytesAskedBy(() => {
    try {
      admit(bytes);
    } catch (thrown) {
      reason = reasonOf(thrown);
    }
  });
  ok(asked < 1e6, `asked for ${asked} bytes`);
  return reason;
}

const wave = waves(70, 50);

const picture = (): Sharp =>
  sharp(wave.pixels, { raw: { width: 70, height: 50, channels: 3 } });

/** Files of all kinds that sharp writes. */
const HONEST: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  "jpeg": (image) => image.jpeg(),
  "jpeg, progressive": (image) => image.jpeg({ progressive: true }),
  "jpeg, grey": (image) => image.toColourspace("b-w").jpeg(),
  "jpeg, inks": (image) => image.toColourspace("cmyk").jpeg(),
  "jpeg, turned": (image) => image.withMetadata({ orientation: 6 }).jpeg(),
  "png": (image) => image.png(),
  "png, interlaced": (image) => image.png({ progressive: true }),
  "png, palette": (image) => image.png({ palette: true }),
  "png, 16 bits": (image) => image.toColourspace("rgb16").png(),
  "png, metadata": (image) => image.withMetadata({ orientation: 3 }).png(),
  "webp": (image) => image.webp(),
  "webp, lossless": (image) => image.webp({ lossless: true }),
  "webp, transparent": (image) => image.ensureAlpha(0.5).webp(),
  "webp, metadata": (image) => image.withMetadata({ orientation: 3 }).webp(),
  "gif": (image) => image.gif(),
  "tiff": (image) => image.tiff({ compression: "none" }),
  "tiff, lzw": (image) => image.tiff({ compression: "lzw" }),
  "tiff, deflate": (image) => image.tiff({ compression: "deflate" }),
  "tiff, packbits": (image) => image.tiff({ compression: "packbits" }),
  "tiff, jpeg": (image) => image.tiff({ compression: "jpeg" }),
  "tiff, fax": (image) =>
    image.toColourspace("b-w").tiff({ compression: "ccittfax4", bitdepth: 1 }),
  "tiff, tiles": (image) =>
    image.tiff({ tile: true, tileWidth: 32, tileHeight: 16 }),
  "tiff, 64 bits of address": (image) => image.tiff({ bigtiff: true }),
  "avif": (image) => image.avif({ effort: 0 }),
  "avif, transparent": (image) => image.ensureAlpha(0.5).avif({ effort: 0 }),
  "avif, 12 bits": (image) => image.avif({ effort: 0, bitdepth: 12 }),
};

const written = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await HONEST[name]!(picture()).toBuffer());

for (const name of Object.keys(HONEST)) {
  Deno.test(`admitImage() reads the size that sharp finds, and leaves the picture as it is: ${name}`, async () => {
    const bytes = await written(name);
    const { format, header, bytes: taken } = admit(bytes);
    const { width, height } = await sharp(bytes).metadata();
    deepStrictEqual([header.width, header.height], [width, height]);
    strictEqual(format, name.split(",")[0]);
    ok(taken >= 3 * 70 * 50 && taken < 150 * 70 * 50, `${taken} bytes`);
    const levels = (file: Uint8Array) => sharp(file).raw().toBuffer();
    deepStrictEqual(await levels(header.picture()), await levels(bytes));
  });
}

Deno.test("admitImage() names what is not decoded, whatever the file is called", async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
  const files = {
    "an SVG drawing": svg,
    "a PDF document": "%PDF-1.7\n",
    "an HTML page": "<!DOCTYPE html><html></html>",
    "a HEIC picture": "\0\0\0\x18ftypheic\0\0\0\0heicmif1",
    "a JPEG 2000 picture": "\0\0\0\x0cjP  \r\n\x87\n",
    "an empty file": "",
    "unknown first bytes": "\x01\x02\x03\x04",
  };
  for (const [found, text] of Object.entries(files)) {
    strictEqual(
      await refusal(latin(text)),
      `found ${found}, wanted a JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or PPM/PGM/PBM image`,
    );
  }
});

Deno.test("admitImage() refuses what has too many pixels or takes too much memory, by its header", async () => {
  const jpeg = await written("jpeg");
  const webp = replaced(await written("webp, lossless"), [0x2f, 69, 64, 12], [
    ...[0x2f, 0xff, 0xff, 0xff, 0x0f],
  ]);
  const tiles = [[322, 60_000], [323, 60_000], [324, 8], [325, 100]] as const;
  const files = [
    [pngHead(20_000, 20_000, DEEP), /20000×20000 pixels, wanted at most 178/],
    [pngHead(2 ** 31, 2 ** 31, DEEP), /2147483648×2147483648 pixels/],
    [pngHead(0, 9, DEEP), /0×9 pixels, wanted at least one/],
    [
      pngHead(13_377, 13_377, DEEP),
      /takes 2\.0 GB, wanted at most 1\.6 GB \(13377×13377 pixels, PNG of 16 bits, interlaced\)/,
    ],
    [gifOf(1, 65_535, 65_535), /65535×65535 pixels/],
    [tiffOf(60_000, 60_000, 0), /60000×60000 pixels/],
    [tiffOf(13_000, 13_000, 0, [[277, 4]]), /takes 1\.7 GB/],
    [tiffOf(70, 50, 0, tiles), /takes 18 GB/],
    [withJpegSize(jpeg, 65_000, 65_000), /65000×65000 pixels/],
    [webp, /16384×16384 pixels/],
    [latin("P6\n60000 60000\n255\n"), /60000×60000 pixels/],
  ] as const;
  for (const [bytes, reason] of files) match(await refusal(bytes), reason);
});

Deno.test("admitImage() refuses scans and frames that go on and on", async () => {
  const progressive = await written("jpeg, progressive");
  const bomb = withScans(withJpegSize(progressive, 9_000, 9_000), 200);
  ok(bomb.length < 200_000, `${bomb.length} bytes`);
  match(
    await refusal(bomb),
    /takes 210 passes through 9000×9000 pixels, wanted at most 24 \(JPEG in 210 scans\)/,
  );
  // As many scans of a small picture take no time.
  ok(admit(withScans(progressive, 200)).header.passes === 210);
});

Deno.test("admitImage() accepts large photographs as cameras write them", async () => {
  const sizes = [[6000, 4000], [8256, 5504], [12_000, 9_000]] as const;
  for (const [width, height] of sizes) {
    for (const kind of ["jpeg", "jpeg, progressive"]) {
      admit(withJpegSize(await written(kind), width, height));
    }
    admit(pngHead(width, height, { ...DEEP, colours: 2, isInterlaced: false }));
  }
});

Deno.test("admitImage() refuses parts of a file that lie upon each other", async () => {
  const jpeg = await written("tiff, jpeg");
  const { header } = admit(jpeg);
  strictEqual(header.passes, 1);
  // The length of its one strip.
  const length = [0x17, 0x01, 4, 0, 1, 0, 0, 0];
  const longer = replaced(jpeg, length, [...length, 0xff, 0xff, 0xff, 0x0f]);
  match(await refusal(longer), /parts lie upon each other/);
  const avif = await written("avif");
  const ispe = [...latin("ispe"), 0, 0, 0, 0, 0, 0, 0, 70, 0, 0, 0, 50];
  const smaller = replaced(avif, ispe, [...ispe.slice(0, -5), 7, 0, 0, 0, 5]);
  match(await refusal(smaller), /picture is larger than it says/);
  match(
    await refusal(tiffOf(70, 50, 0, [[259, 34_925]])),
    /compression is LZMA, wanted one of: uncompressed, CCITT, LZW, JPEG, /,
  );
});

Deno.test("picture() leaves out what is not decoded: metadata, further pictures", async () => {
  const plain = blackPng(64, 64);
  const bombs = Array.from({ length: 20 }, () => textBomb(1 << 20));
  const full = blackPng(64, 64, undefined, ...bombs);
  ok(full.length > plain.length + 20_000);
  deepStrictEqual(admit(full).header.picture(), plain);
  deepStrictEqual(
    admit(gifOf(1000, 64, 64)).header.picture(),
    gifOf(1, 64, 64),
  );
  const many = admit(tiffOf(9, 9, 77, [], 1000)).header.picture();
  strictEqual((await sharp(many).metadata()).pages, 1);
  const frames = new Uint8Array(3 * 16 * 16 * 3).fill(90);
  const raw = { width: 16, height: 48, channels: 3, pageHeight: 16 } as const;
  for (let i = 0; i < frames.length; i++) frames[i] = i >> 8;
  const animated = new Uint8Array(
    await sharp(frames, { raw }).webp({ lossless: true }).toBuffer(),
  );
  const first = admit(animated).header.picture();
  ok(first.length < animated.length);
  deepStrictEqual(
    await sharp(first).raw().toBuffer(),
    await sharp(animated).raw().toBuffer(),
  );
});

Deno.test("decodingMemory() begins no image that there is no memory for, and the next ones wait behind it", async () => {
  // Each takes nearly half of what there is.
  const half = imageOf(pngHead(8_300, 8_300, DEEP));
  const small = imageOf(blackPng(8, 8));
  const ends: (() => void)[] = [];
  let [now, most] = [0, 0];
  const order: string[] = [];
  const begin = async (name: string, image: EncodedImage): Promise<void> => {
    const { bytes } = admit(image.bytes);
    using _memory = await decodingMemory(bytes);
    order.push(name);
    now += bytes;
    most = Math.max(most, now);
    await new Promise<void>((end) => ends.push(end));
    now -= bytes;
  };
  const all = [
    ...["a", "b", "c"].map((name) => begin(name, half)),
    begin("d", small),
  ];
  for (const expected of ["ab", "abcd", "abcd", "abcd"]) {
    await new Promise((next) => setTimeout(next));
    strictEqual(order.join(""), expected);
    ends.shift()?.();
  }
  await Promise.all(all);
  ok(most > MOST_DECODING_BYTES / 2 && most <= MOST_DECODING_BYTES, `${most}`);
});

Deno.test("imageWorkers() wait with an image until there is memory for it, whichever worker has room", async () => {
  const transform = right(evalTransform({
    imageSize: 8,
    inChannels: 3,
    normalization: IMAGENET_NORMALIZATION,
  }));
  const image = imageOf(await encode(waves(40, 30), "jpeg"));
  const whole = imageOf(pngHead(11_500, 11_500, DEEP));
  using workers = imageWorkers(2);
  let isDone = false;
  const target = new Float32Array(new SharedArrayBuffer(4 * 3 * 8 * 8));
  let rendering = Promise.resolve();
  const { bytes } = admit(whole.bytes);
  {
    using _memory = await decodingMemory(bytes);
    ok(bytes > 0.9 * MOST_DECODING_BYTES, `${bytes}`);
    const heavy = imageOf(pngHead(5_000, 5_000, DEEP));
    const refused = workers.render(heavy, { transform }, 0, target);
    rendering = workers.render(image, { transform }, 0, target)
      .then(() => void (isDone = true));
    const reason = refused.then(() => "none", reasonOf);
    await new Promise((next) => setTimeout(next, 100));
    strictEqual(isDone, false);
    rendering = Promise.all([rendering, reason]).then(() => {});
  }
  await rendering;
  ok(isDone && target.some((x) => x !== 0));
});

Deno.test("admitImage() of damaged headers admits or says why in a line, whatever they claim", async () => {
  const files = await Promise.all(Object.keys(HONEST).map(written));
  const made = [blackPng(9, 9, DEEP), gifOf(3, 9, 9), tiffOf(9, 9, 1, [], 3)];
  for (const whole of [...files, ...made]) {
    // Headers stand at the beginning: so should the damage.
    const head = whole.subarray(0, 900);
    await fc.assert(
      fc.asyncProperty(damaged(head), async (bytes) => {
        const reason = await refusal(bytes);
        ok(
          reason === "" ||
            /^(found|it has|it|its|decoding|a|an|no) /.test(reason),
          reason,
        );
        ok(!/undefined|NaN|Infinity|Offset/.test(reason), reason);
        if (reason !== "") return;
        const { header, bytes: taken } = admit(bytes);
        const { width, height, passes } = header;
        ok(width * height >= 1 && width * height <= MOST_PIXELS);
        ok(taken <= MOST_DECODING_BYTES && passes >= 1);
        ok(header.picture().length <= bytes.length);
      }),
      fuzzParameters(60),
    );
  }
});

Deno.test("admitImage() throws nothing but errors with a reason", () => {
  throws(() => admit(latin("\xff\xd8\xff")), /header is damaged or cut short/);
  throws(() => admit(latin("GIF89a")), /GIF file without a picture/);
});
