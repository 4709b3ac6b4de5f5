/**
 * Image files through sharp; the only file that names it.
 *
 * @module
 */
import type { Metadata, Sharp, SharpOptions } from "sharp";
import { resizeBicubic } from "./bicubic.ts";
import { reasonOf } from "./data_error.ts";
import type { EncodedImage, RawImage, Size } from "./image_source.ts";
import { type PixelBox, wholeOf } from "./random_resized_crop.ts";
import type { ScaledView, View } from "./view.ts";

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

/** sharp only shrinks: what it enlarges is half a pixel off (0.35.5). */
const isShrunk = (crop: PixelBox, scaled: Size): boolean =>
  scaled.width <= crop.width && scaled.height <= crop.height;

const shrunk = (pipeline: Sharp, scaled: Size): Sharp =>
  pipeline.resize({ ...scaled, kernel: "cubic", fit: "fill" });

/** Pixels of the crop in the wanted size, of colours that are converted first. */
async function resizedAfter(
  pixels: RawImage,
  scaled: Size,
): Promise<RawImage> {
  if (!isShrunk(wholeOf(pixels), scaled)) {
    return resizeBicubic(pixels, wholeOf(pixels), scaled);
  }
  const { width, height, channels } = pixels;
  const sharp = await (loading ??= loadSharp());
  const raw = sharp(pixels.pixels, { raw: { width, height, channels } });
  return await colourPixels(shrunk(raw, scaled));
}

async function cropped(
  input: Sharp,
  { space, hasAlpha }: Metadata,
  { crop, scaled }: View,
): Promise<RawImage> {
  const kept = input.extract(crop);
  const isInk = space === "cmyk";
  if (!isInk && !hasAlpha && isShrunk(crop, scaled)) {
    return await colourPixels(shrunk(kept, scaled));
  }
  const pixels = await (isInk ? inkPixels(kept) : colourPixels(kept));
  return await resizedAfter(pixels, scaled);
}

/** libvips says a thing several times, or lets another thread say it. */
function clearReason(message: string): string {
  const [first = ""] = message.split("\n");
  return first === "Unknown error" || first === ""
    ? "damaged; the decoder does not say how"
    : first;
}

/** A long and narrow picture may be small and yet be huge in its wanted size. */
function checkSize({ width, height }: Size): void {
  if (width * height <= MOST_PIXELS) return;
  throw new Error(
    `its shape asks for ${width}×${height} pixels, more than ${MOST_PIXELS}`,
  );
}

/**
 * Decodes the part of an image that a view keeps and resizes it, bicubic and
 * antialiased. Pixels are those that PIL gives with `convert("RGB")`:
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
 * @returns The geometry, and the crop in its `scaled` size.
 * @throws `DecoderMissing` if there is no sharp here; what sharp says when it cannot decode the file, or when the file or the
 * wanted size has more than 178,956,970 pixels.
 */
export async function decodeScaled(
  image: EncodedImage,
  viewAt: (size: Size) => View,
): Promise<ScaledView> {
  const sharp = await (loading ??= loadSharp());
  try {
    const input = sharp(image.bytes, OPTIONS);
    const metadata = await input.metadata();
    checkSize(metadata);
    const view = viewAt(metadata);
    checkSize(view.scaled);
    return { view, image: await cropped(input, metadata, view) };
  } catch (thrown) {
    throw new Error(clearReason(reasonOf(thrown)), { cause: thrown });
  }
}
