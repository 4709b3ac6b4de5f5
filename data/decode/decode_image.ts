/**
 * Image files: JPEG through libjpeg-turbo where it can be had, BMP and PNM by code of
 * our own, all others through sharp. The first bytes say which format a file has, and
 * no decoder sees a file that its header does not admit.
 */
import type { Sharp, SharpOptions } from "npm:sharp@0.35.5";
import type { Result } from "../../core/mod.ts";
import type { Colour } from "../image/background.ts";
import type { ImageFileFormat } from "../image/image_format.ts";
import {
  type DecodedImage,
  isSameSize,
  type PixelBox,
  type RawImage,
  type Size,
  wholeOf,
} from "../image/raw_image.ts";
import { DecoderMissing } from "../report/blameless.ts";
import { reasonOf } from "../report/data_error.ts";
import { blendedOnto } from "./blend.ts";
import { decodeBmp } from "./decode_bmp.ts";
import { decodeJpeg, type DecodingThread, endsItsScan } from "./decode_jpeg.ts";
import { decodePnm } from "./decode_pnm.ts";
import { checkFound, MOST_PIXELS } from "./image_budget.ts";

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
 * be blocked for a short time too. Names that a build does not have are passed over.
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

/** A picture that may be decoded, as data that can be sent to a worker. */
export interface Picture {
  /** Discriminant. */
  readonly _tag: "Picture";
  /** Format of its file. */
  readonly format: ImageFileFormat;
  /** Its file, without metadata and further pictures. */
  readonly bytes: Uint8Array;
  /** Size by the header of its file. */
  readonly size: Size;
  /** Colour that it is blended onto; `null` where it has no alpha channel or that is dropped. */
  readonly background: Colour | null;
}

/** Loaded when the first file is decoded: sources in memory need no native code. */
let loading: ReturnType<typeof loadSharp> | null = null;

async function loadSharp() {
  const { default: sharp } = await import("npm:sharp@0.35.5").catch(
    (thrown: unknown) => {
      const reason = `their decoder sharp does not load: ${reasonOf(thrown)}`;
      throw new DecoderMissing(reason, { cause: thrown });
    },
  );
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

/** Decoded pixels in colour, blended onto another; decoders give colours not multiplied by alpha. */
async function blendedPixels(
  pipeline: Sharp,
  background: Colour,
): Promise<RawImage> {
  const image = await levelsOf(pipeline.ensureAlpha().toColourspace("srgb"));
  if (image.channels !== 4) {
    throw new Error(`its decoder gives ${image.channels} channels, wanted 4`);
  }
  const pixels = blendedOnto(background, image.pixels);
  return { ...image, channels: 3, pixels };
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

/** Pixels that stay where they are. */
const decoded = (
  image: RawImage,
  size: Size = image,
  region: PixelBox = wholeOf(image),
): DecodedImage => ({ image, size, region, [Symbol.dispose]: () => {} });

async function decodeBySharp(
  { format, bytes, size: stated, background }: Picture,
  crop: PixelBox,
): Promise<DecodedImage> {
  const sharp = await (loading ??= loadSharp());
  try {
    const input = sharp(bytes, OPTIONS).timeout({ seconds: MOST_SECONDS });
    const { width, height, space, hasAlpha } = await input.metadata();
    const size = { width, height };
    checkFound(stated, size);
    // The check for damage must not depend on the part that is seen.
    const isPart = format === "jpeg" && isSameSize(size, stated) &&
      endsItsScan(bytes);
    const kept = isPart ? input.extract(crop) : input;
    const image = space === "cmyk"
      ? await inkPixels(kept)
      : hasAlpha && background !== null
      ? await blendedPixels(kept, background)
      : await colourPixels(kept);
    return isPart ? decoded(image, size, crop) : decoded(image);
  } catch (thrown) {
    throw new Error(clearReason(reasonOf(thrown)), { cause: thrown });
  }
}

/** Decodes a file that holds its pixels as they are. */
function decodePlain(
  decode: (bytes: Uint8Array, most: number) => Result<string, RawImage>,
  bytes: Uint8Array,
): DecodedImage {
  const image = decode(bytes, MOST_PIXELS);
  if (image._tag === "Left") throw new Error(image.left);
  return decoded(image.right);
}

/**
 * Decodes a picture, of which only a part is kept. Pixels are those that PIL gives with
 * `convert("RGB")`:
 *
 * - grey and palettes become colours; transparency is dropped unless the picture names
 *   a background, which it is then blended onto (`blendedOnto`; inks are not);
 * - of 16 bits the upper 8 are kept (PIL does the same with colour, but shows 16-bit
 *   grey as white);
 * - inks (CMYK) are mixed without a profile; colour profiles are ignored;
 * - of an animation the first picture is seen;
 * - the orientation tag is ignored, as torchvision's loader does.
 *
 * @param picture A picture that was admitted by its header.
 * @returns Pixels that have the crop among them; all of the picture if it is of another
 * size than its header says.
 * @throws `DecoderMissing` if sharp is needed and does not load; else what is wrong with
 * the file, in the words of its decoder.
 */
export async function decodeImage(
  picture: Picture,
  crop: PixelBox,
  thread: DecodingThread = "aside",
): Promise<DecodedImage> {
  const { format, bytes, size } = picture;
  const plain = PLAIN_DECODERS[format];
  if (plain !== undefined) return decodePlain(plain, bytes);
  const part = format === "jpeg"
    ? await decodeJpeg(bytes, size, crop, thread)
    : null;
  return part ?? await decodeBySharp(picture, crop);
}
