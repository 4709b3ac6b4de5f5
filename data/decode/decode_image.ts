/**
 * Image files: JPEG through libjpeg-turbo where it can be had, BMP and PNM by code of
 * our own, all others through sharp. The first bytes say which format a file has, and
 * no decoder sees a file that its header does not admit.
 *
 * @module
 */
import type { Sharp, SharpOptions } from "sharp";
import type { Result } from "../../core/mod.ts";
import { reasonOf } from "../report/data_error.ts";
import { decodeBmp } from "./decode_bmp.ts";
import { decodePnm } from "./decode_pnm.ts";
import {
  type AdmittedImage,
  checkFound,
  decodeAdmitted,
  isAsTold,
  MOST_PIXELS,
} from "./image_budget.ts";
import type { ImageFileFormat } from "../image/image_format.ts";
import {
  decodeJpeg,
  type DecodingThread,
  type UsePixels,
} from "./decode_jpeg.ts";
import { endsItsScan } from "./jpeg_end.ts";
import type { EncodedImage, RawImage, Size } from "../image/image_source.ts";
import { wholeOf } from "../transforms/random_resized_crop.ts";
import type { CroppedView, View } from "../transforms/view.ts";

/**
 * Small faults of a file are overlooked as PIL does, lost pixels are not; colour
 * profiles are ignored, as in the reference's loader.
 */
const OPTIONS: SharpOptions = {
  failOn: "error",
  ignoreIcc: true,
  limitInputPixels: MOST_PIXELS,
};

/** A second bound for a decoder that takes longer than its file's header lets expect. */
const MOST_SECONDS = 120;

/**
 * Loaders of libvips for what is not decoded: drawings, documents, tables, programs
 * that are run. By name, not all but some: with that, decoders on other threads would
 * be blocked for a moment too. Names that a build does not have are passed over.
 */
const BLOCKED_LOADERS = [
  ...["Analyze", "Csv", "DcRaw", "Fits", "Jp2k", "Jxl", "Magick", "Magick7"],
  ...["Mat", "Matrix", "Nifti", "Openexr", "Openslide", "Pdf", "Ppm", "Rad"],
  ...["Raw", "Svg", "Uhdr", "Vips"],
].map((name) => `VipsForeignLoad${name}`);

/** Decoders of files that hold their pixels as they are. */
const PLAIN_DECODERS: Partial<
  Record<
    ImageFileFormat,
    (bytes: Uint8Array, most: number) => Result<string, RawImage>
  >
> = { bmp: decodeBmp, pnm: decodePnm };

/** Loaded when the first file is decoded: sources in memory need no native code. */
let loading: ReturnType<typeof loadSharp> | null = null;

/** The decoder itself cannot be loaded: no image is to blame. */
export class DecoderMissing extends Error {
  /** Name of the class. */
  override readonly name = "DecoderMissing";
}

async function loadSharp() {
  const { default: sharp } = await import("sharp").catch((thrown: unknown) => {
    const reason = `their decoder sharp does not load: ${reasonOf(thrown)}`;
    throw new DecoderMissing(reason, { cause: thrown });
  });
  // For the whole process and all of its threads.
  sharp.block({ operation: BLOCKED_LOADERS });
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

async function decodeBySharp(
  admitted: AdmittedImage,
  viewAt: (size: Size) => View,
): Promise<CroppedView> {
  const sharp = await (loading ??= loadSharp());
  const bytes = admitted.header.picture();
  try {
    const input = sharp(bytes, OPTIONS).timeout({ seconds: MOST_SECONDS });
    const metadata = await input.metadata();
    const isTold = isAsTold(admitted, metadata);
    const view = isTold ? admitted.view : viewAt(metadata);
    if (!isTold) checkFound(admitted, metadata, view);
    // Whether a file is damaged must not depend on the part that is seen.
    const isPart = admitted.format === "jpeg" && endsItsScan(bytes);
    const kept = isPart ? input.extract(view.crop) : input;
    const isInk = metadata.space === "cmyk";
    const image = await (isInk ? inkPixels(kept) : colourPixels(kept));
    return { view, image, box: isPart ? wholeOf(image) : view.crop };
  } catch (thrown) {
    throw new Error(clearReason(reasonOf(thrown)), { cause: thrown });
  }
}

/** Decodes a file that holds its pixels as they are. */
function decodePlain(
  decode: (bytes: Uint8Array, most: number) => Result<string, RawImage>,
  bytes: Uint8Array,
  view: View,
): CroppedView {
  const image = decode(bytes, MOST_PIXELS);
  if (image._tag === "Left") throw new Error(image.left);
  return { view, image: image.right, box: view.crop };
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
 * @throws `DecoderMissing` if sharp is needed and does not load; what is wrong with the
 * file or with the cost of decoding it, else what its decoder says.
 */
export function decodeCrop(
  image: EncodedImage,
  viewAt: (size: Size) => View,
  use: UsePixels,
  thread: DecodingThread = "aside",
): Promise<void> {
  return decodeAdmitted(image, viewAt, async (admitted) => {
    const { format, view } = admitted;
    const plain = PLAIN_DECODERS[format];
    if (plain !== undefined) {
      return use(decodePlain(plain, image.bytes, view));
    }
    const told = (size: Size): View | null =>
      isAsTold(admitted, size) ? view : null;
    const isUsed = format === "jpeg" &&
      await decodeJpeg(image.bytes, told, use, thread);
    if (!isUsed) use(await decodeBySharp(admitted, viewAt));
  });
}
