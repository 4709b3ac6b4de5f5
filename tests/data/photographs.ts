/**
 * Encoded images made for tests.
 *
 * @module
 */
import sharp from "sharp";
import type { RawImage } from "../../data/image/raw_image.ts";

/** File formats that tests encode to. */
export type Encoding = "jpeg" | "png" | "webp" | "gif" | "tiff" | "avif";

/** A smooth picture: waves of a different length in each channel. */
export function waves(width: number, height: number): RawImage {
  const pixels = new Uint8Array(width * height * 3).map((_, i) => {
    const [x, y, c] = [
      Math.floor(i / 3) % width,
      Math.floor(i / 3 / width),
      i % 3,
    ];
    return Math.round(127.5 + 100 * Math.sin((x + 2 * y) / (5 + 3 * c)));
  });
  return { _tag: "RawImage", width, height, channels: 3, pixels };
}

/** The bytes of a file with a picture; PNG and WebP without loss. */
export async function encode(
  image: RawImage,
  encoding: Encoding,
): Promise<Uint8Array> {
  const { width, height, channels, pixels } = image;
  const raw = sharp(pixels, { raw: { width, height, channels } });
  const options = {
    ...{ jpeg: { quality: 95 }, png: {}, webp: { lossless: true }, gif: {} },
    ...{ tiff: { compression: "lzw" }, avif: { effort: 0 } },
  };
  return new Uint8Array(
    await raw.toFormat(encoding, options[encoding]).toBuffer(),
  );
}
