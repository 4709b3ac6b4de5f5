/**
 * JPEG, PNG and WebP through sharp; the only file that names it.
 *
 * @module
 */
import type { Sharp, SharpOptions } from "sharp";
import type { EncodedImage, RawImage, Size } from "./image_source.ts";
import type { View } from "./view.ts";

/** Loaded when the first file is decoded: sources in memory need no native code. */
let loading: Promise<(bytes: Uint8Array) => Sharp> | null = null;

/**
 * Small faults of a file are overlooked as PIL does, lost pixels are not; colour
 * profiles are ignored, as in the reference's loader.
 */
const OPTIONS: SharpOptions = { failOn: "error", ignoreIcc: true };

async function loadSharp(): Promise<(bytes: Uint8Array) => Sharp> {
  const { default: sharp } = await import("sharp");
  // No image is decoded twice, and the loader has several in flight already.
  sharp.cache(false);
  sharp.concurrency(1);
  return (bytes) => sharp(bytes, OPTIONS);
}

/**
 * Decodes the part of an image that the model sees.
 *
 * Transparent pixels are shown on black. The file's orientation tag is ignored,
 * as in the reference's loader. Resizing is bicubic and antialiased.
 *
 * @param image Bytes of a file.
 * @param viewOf Which pixels, given the size of the image.
 * @returns The view before mirroring, 8 bits a sample, in colour.
 * @throws What sharp says when it cannot decode the file.
 */
export async function decodeView(
  image: EncodedImage,
  viewOf: (size: Size) => View,
): Promise<{ readonly view: View; readonly image: RawImage }> {
  const open = await (loading ??= loadSharp());
  const input = open(image.bytes);
  const view = viewOf(await input.metadata());
  const { data, info } = await input
    .extract(view.crop)
    .resize({ ...view.scaled, kernel: "cubic", fit: "fill" })
    .extract(view.window)
    .flatten({ background: "black" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const channels = info.channels === 1 ? 1 : 3;
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
  return {
    view,
    image: { _tag: "RawImage", width, height, channels, pixels },
  };
}
