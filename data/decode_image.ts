/**
 * JPEG, PNG and WebP through sharp; the only file that names it.
 *
 * @module
 */
import type { Sharp, SharpOptions } from "sharp";
import { resizeBicubic } from "./bicubic.ts";
import type { EncodedImage, RawImage, Size } from "./image_source.ts";
import { wholeOf } from "./random_resized_crop.ts";
import type { ScaledView, View } from "./view.ts";

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

/** Decoded pixels in colour, transparent ones shown on black. */
async function colourPixels(pipeline: Sharp): Promise<RawImage> {
  const { data, info } = await pipeline
    .flatten({ background: "black" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    _tag: "RawImage",
    width: info.width,
    height: info.height,
    channels: info.channels === 1 ? 1 : 3,
    pixels: new Uint8Array(data.buffer, data.byteOffset, data.length),
  };
}

/**
 * Decodes the part of an image that a view keeps and resizes it, bicubic and
 * antialiased.
 *
 * sharp only shrinks: what it enlarges is half a pixel off (0.35.5), so that is
 * done here. The file's orientation tag is ignored, as in the reference's loader.
 *
 * @param image Bytes of a file.
 * @param viewAt Which pixels, given the size of the image.
 * @returns The geometry, and the crop in its `scaled` size.
 * @throws What sharp says when it cannot decode the file.
 */
export async function decodeScaled(
  image: EncodedImage,
  viewAt: (size: Size) => View,
): Promise<ScaledView> {
  const open = await (loading ??= loadSharp());
  const input = open(image.bytes);
  const view = viewAt(await input.metadata());
  const { crop, scaled } = view;
  const kept = input.extract(crop);
  const enlarges = scaled.width > crop.width || scaled.height > crop.height;
  if (!enlarges) {
    kept.resize({ ...scaled, kernel: "cubic", fit: "fill" });
    return { view, image: await colourPixels(kept) };
  }
  const pixels = await colourPixels(kept);
  return { view, image: resizeBicubic(pixels, wholeOf(pixels), scaled) };
}
