/**
 * What the decoding of images may cost: pixels, memory and passes of each, by its own
 * header, and the memory of all that are decoded at the same time.
 *
 * @module
 */
import type { Result } from "../../core/mod.ts";
import { sizeOfBmp } from "./decode_bmp.ts";
import { sizeOfPnm } from "./decode_pnm.ts";
import { avifHeader } from "./headers/avif_header.ts";
import { gifHeader } from "./headers/gif_header.ts";
import type { ImageHeader, ReadHeader } from "./headers/image_header.ts";
import { jpegHeader } from "./headers/jpeg_header.ts";
import { pngHeader } from "./headers/png_header.ts";
import { tiffHeader } from "./headers/tiff_header.ts";
import { webpHeader } from "./headers/webp_header.ts";
import { formatOf } from "../sources/image_file.ts";
import type { ImageFileFormat } from "../image/image_format.ts";
import type { EncodedImage, Size } from "../image/image_source.ts";
import { bytesInWords } from "../sources/inspect_files.ts";
import { taskLimit } from "../image/task_limit.ts";
import type { View } from "../transforms/view.ts";

/** Most pixels of a file, and of the size that it is brought to: PIL's limit for bombs. */
export const MOST_PIXELS = 178_956_970;

/**
 * Most memory for the decoding of an image, and of all that are decoded at the same
 * time, bytes: a progressive photograph of 170 megapixels in full colour.
 */
export const MOST_DECODING_BYTES = 1.5 * 2 ** 30;

/**
 * Most pixels that a decoder goes through in all passes of an image, some seconds of a
 * processor: eleven passes of `MOST_PIXELS`. Progressive photographs have about ten.
 */
export const MOST_PASSED_PIXELS = 2e9;

/** Most memory that a picture may take because its shape is not that of its header, bytes. */
const MOST_UNFORESEEN = 2 ** 26;

/** Channels of decoded pixels, a byte each. */
const CHANNELS = 3;

/** A header of a file without compression that a decoder would have to unpack. */
const plainHeader = (
  kind: string,
  sizeOf: (bytes: Uint8Array) => Result<string, Size>,
): ReadHeader =>
(bytes) => {
  const size = sizeOf(bytes);
  if (size._tag === "Left") throw new Error(size.left);
  const picture = () => bytes;
  return { ...size.right, kind, decoderBytes: 0, passes: 1, picture };
};

const HEADERS: Readonly<Record<ImageFileFormat, ReadHeader>> = {
  jpeg: jpegHeader,
  png: pngHeader,
  webp: webpHeader,
  gif: gifHeader,
  tiff: tiffHeader,
  avif: avifHeader,
  bmp: plainHeader("BMP", sizeOfBmp),
  pnm: plainHeader("PNM", sizeOfPnm),
};

/** An image that may be decoded. */
export interface AdmittedImage {
  /** Format of its file. */
  readonly format: ImageFileFormat;
  /** What its file says. */
  readonly header: ImageHeader;
  /** Which pixels are wanted of a picture of the size that its file says. */
  readonly view: View;
  /** Bytes that its decoding and resizing take at most. */
  readonly bytes: number;
}

function checkPixels({ width, height }: Size): void {
  if (width * height > MOST_PIXELS) {
    throw new Error(
      `it has ${width}×${height} pixels, wanted at most ${MOST_PIXELS}`,
    );
  }
  if (width < 1 || height < 1) {
    throw new Error(`it has ${width}×${height} pixels, wanted at least one`);
  }
}

/** A long and narrow picture may be small and yet be huge in its wanted size. */
function checkScaled({ width, height }: Size): void {
  if (width * height <= MOST_PIXELS) return;
  throw new Error(
    `its shape asks for ${width}×${height} pixels, more than ${MOST_PIXELS}`,
  );
}

function checkPasses({ width, height, kind, passes }: ImageHeader): void {
  if (width * height * passes <= MOST_PASSED_PIXELS) return;
  const most = Math.floor(MOST_PASSED_PIXELS / (width * height));
  throw new Error(
    `decoding it takes ${
      Math.ceil(passes)
    } passes through ${width}×${height} pixels, wanted at most ${most} (${kind})`,
  );
}

/** What resizing holds: a copy of the rows of the crop, these in the wanted width, the result. */
const resizingBytes = ({ width }: Size, { crop, scaled }: View): number =>
  CHANNELS *
  (width * crop.height + scaled.width * (crop.height + scaled.height));

/**
 * Memory for a view, to within a tenth: the file, the picture, and what is larger of
 * the decoder's share and of that of resizing, which begins when the decoder is done.
 */
function decodingBytes(
  bytes: Uint8Array,
  header: ImageHeader,
  view: View,
): number {
  const picture = CHANNELS * header.width * header.height;
  return bytes.length + picture +
    Math.max(header.decoderBytes, resizingBytes(header, view));
}

function readHeader(bytes: Uint8Array, format: ImageFileFormat): ImageHeader {
  try {
    return HEADERS[format](bytes);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new Error(`its header is damaged or cut short (${format})`);
  }
}

/**
 * Whether an image may be decoded, by its first bytes and its header. No decoder sees
 * those that may not.
 *
 * @param image Bytes of a file.
 * @param viewAt Which pixels are wanted, given the size of the image.
 * @throws Error With what was found and what is wanted: a format that is not decoded,
 * more than `MOST_PIXELS`, `MOST_PASSED_PIXELS` or `MOST_DECODING_BYTES`.
 */
export function admitImage(
  { bytes }: EncodedImage,
  viewAt: (size: Size) => View,
): AdmittedImage {
  const format = formatOf(bytes);
  const header = readHeader(bytes, format);
  checkPixels(header);
  checkPasses(header);
  const view = viewAt(header);
  checkScaled(view.scaled);
  const taken = decodingBytes(bytes, header, view);
  if (taken > MOST_DECODING_BYTES) {
    throw new Error(
      `decoding it takes ${bytesInWords(taken)}, wanted at most ${
        bytesInWords(MOST_DECODING_BYTES)
      } (${header.width}×${header.height} pixels, ${header.kind})`,
    );
  }
  return { format, header, view, bytes: taken };
}

/**
 * Checks the picture that a decoder finds: it may be a part of what the header tells,
 * with a shape of its own, but not more.
 *
 * @param admitted The image.
 * @param found Size of the picture.
 * @param view Which pixels of it are wanted.
 * @throws Error If it has more pixels, or its shape asks for far more memory.
 */
export function checkFound(
  { header, bytes }: AdmittedImage,
  found: Size,
  view: View,
): void {
  const size = `${found.width}×${found.height} pixels`;
  if (found.width * found.height > header.width * header.height) {
    throw new Error(
      `its decoder finds ${size}, its header says ${header.width}×${header.height}`,
    );
  }
  const taken = resizingBytes(found, view);
  if (taken <= Math.max(bytes, MOST_UNFORESEEN)) return;
  throw new Error(
    `its picture of ${size} takes ${bytesInWords(taken)} in the wanted size`,
  );
}

/**
 * Whether a size is the one that the header tells.
 *
 * @param admitted The image.
 * @param found Size of the picture that a decoder finds.
 */
export const isAsTold = (
  { header }: AdmittedImage,
  { width, height }: Size,
): boolean => width === header.width && height === header.height;

const inFlight = taskLimit(MOST_DECODING_BYTES);

/**
 * Decodes an image when there is memory for it: all that are decoded at the same time
 * take `MOST_DECODING_BYTES` at most. A large one waits until others are done.
 *
 * @param image Bytes of a file.
 * @param viewAt Which pixels are wanted, given the size of the image.
 * @param decode What is done then.
 * @returns What that gives; rejects as `admitImage` throws.
 */
export async function decodeAdmitted<A>(
  image: EncodedImage,
  viewAt: (size: Size) => View,
  decode: (admitted: AdmittedImage) => Promise<A>,
): Promise<A> {
  const admitted = admitImage(image, viewAt);
  return await inFlight(() => decode(admitted), admitted.bytes);
}
