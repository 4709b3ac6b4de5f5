/**
 * Image files: JPEG through libjpeg-turbo where it can be had, all others through
 * sharp.
 *
 * @module
 */
import type { Sharp, SharpOptions } from "sharp";
import { reasonOf } from "./data_error.ts";
import {
  decodeJpeg,
  type DecodingThread,
  type UsePixels,
} from "./jpeg/decode_jpeg.ts";
import { endsItsScan, isJpeg } from "./jpeg/jpeg_end.ts";
import type { EncodedImage, RawImage, Size } from "./image_source.ts";
import { wholeOf } from "./random_resized_crop.ts";
import type { CroppedView, View } from "./view.ts";

/** Most pixels of a file, and of the size that it is brought to: PIL's limit for bombs. */
const MOST_PIXELS = 178_956_970;

/**
 * Small faults of a file are overlooked as PIL does, lost pixels are not; colour
 * profiles are ignored, as in the reference's loader.
 */
const OPTIONS: SharpOptions = {
  failOn: "error",
  ignoreIcc: true,
  limitInputPixels: MOST_PIXELS,
};

/** Loaded when the first file is decoded: sources in memory need no native code. */
let loading: ReturnType<typeof loadSharp> | null = null;

async function loadSharp() {
  const { default: sharp } = await import("sharp");
  // No image is decoded twice, and the loader has several in flight already.
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp;
}

/** Pixels of a pipeline, with the channels that it has. */
async function levelsOf(
  pipeline: Sharp,
): Promise<Omit<RawImage, "channels"> & { readonly channels: number }> {
  const { data, info } = await pipeline.raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
  return { _tag: "RawImage", width, height, channels, pixels };
}

/** Decoded pixels in colour; what is transparent shows the colour that it hides. */
async function colourPixels(pipeline: Sharp): Promise<RawImage> {
  const image = await levelsOf(pipeline.removeAlpha().toColourspace("srgb"));
  return { ...image, channels: image.channels === 1 ? 1 : 3 };
}

/** Inks without a profile, by PIL's rule: `(255 − ink) · (255 − black) / 255`. */
async function inkPixels(pipeline: Sharp): Promise<RawImage> {
  const inks = await levelsOf(
    pipeline.pipelineColourspace("cmyk").toColourspace("cmyk"),
  );
  const pixels = new Uint8Array(inks.width * inks.height * 3);
  for (let i = 0, from = 0; i < pixels.length; i += 3, from += 4) {
    const light = 255 - (inks.pixels[from + 3] ?? 0);
    for (let c = 0; c < 3; c++) {
      const paper = 255 - (inks.pixels[from + c] ?? 0);
      pixels[i + c] = Math.round(paper * light / 255);
    }
  }
  return { ...inks, channels: 3, pixels };
}

/** libvips says a thing several times, or lets another thread say it. */
function clearReason(message: string): string {
  const [first = ""] = message.split("\n");
  return first === "Unknown error" || first === ""
    ? "damaged; the decoder does not say how"
    : first;
}

/** A long and narrow picture may be small and yet be huge in its wanted size. */
const isTooLarge = ({ width, height }: Size): boolean =>
  width * height > MOST_PIXELS;

function checkSize(size: Size): void {
  if (!isTooLarge(size)) return;
  const { width, height } = size;
  throw new Error(
    `its shape asks for ${width}×${height} pixels, more than ${MOST_PIXELS}`,
  );
}

async function decodeBySharp(
  bytes: Uint8Array,
  viewAt: (size: Size) => View,
): Promise<CroppedView> {
  const sharp = await (loading ??= loadSharp());
  try {
    const input = sharp(bytes, OPTIONS);
    const metadata = await input.metadata();
    checkSize(metadata);
    const view = viewAt(metadata);
    checkSize(view.scaled);
    // Whether a file is damaged must not depend on the part that is seen.
    const isPart = isJpeg(bytes) && endsItsScan(bytes);
    const kept = isPart ? input.extract(view.crop) : input;
    const isInk = metadata.space === "cmyk";
    const image = await (isInk ? inkPixels(kept) : colourPixels(kept));
    return { view, image, box: isPart ? wholeOf(image) : view.crop };
  } catch (thrown) {
    throw new Error(clearReason(reasonOf(thrown)), { cause: thrown });
  }
}

/**
 * Decodes the part of an image that a view keeps. Pixels are those that PIL gives with
 * `convert("RGB")`:
 *
 * - grey and palettes become colours, transparency is dropped, not blended;
 * - of 16 bits the upper 8 are kept (PIL does the same with colour, but shows 16-bit
 *   grey as white);
 * - inks (CMYK) are mixed without a profile; colour profiles are ignored;
 * - of an animation the first picture is seen;
 * - the orientation tag is ignored, as torchvision's loader does.
 *
 * @param image Bytes of a file.
 * @param viewAt Which pixels, given the size of the image.
 * @param use What is done with pixels that have the crop among them.
 * @param thread Where a JPEG file is decoded.
 * @throws What sharp says when it cannot decode the file, or when the file or the
 * wanted size has more than 178,956,970 pixels.
 */
export async function decodeCrop(
  { bytes }: EncodedImage,
  viewAt: (size: Size) => View,
  use: UsePixels,
  thread: DecodingThread = "aside",
): Promise<void> {
  const modest = (size: Size): View | null => {
    if (isTooLarge(size)) return null;
    const view = viewAt(size);
    return isTooLarge(view.scaled) ? null : view;
  };
  if (await decodeJpeg(bytes, modest, use, thread)) return;
  use(await decodeBySharp(bytes, viewAt));
}
