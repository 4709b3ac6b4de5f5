/**
 * Budget of decoding: pixels, memory and passes of each image, by its own header, and
 * the memory of all that are decoded at the same time.
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
import { formatOf, type ImageFileFormat } from "../image/image_format.ts";
import type { EncodedImage, PixelBox, Size } from "../image/raw_image.ts";
import { bytesInWords } from "../report/counts.ts";
import { type Acquire, semaphore } from "../resources/semaphore.ts";

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
  return {
    ...size.right,
    ...{ kind, decoderBytes: 0, passes: 1, hasAlpha: false, picture },
  };
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

/** The part of a picture that is wanted. */
export interface WantedPart {
  /** Part that is kept. */
  readonly crop: PixelBox;
  /** Size that the part is resized to. */
  readonly scaled: Size;
}

/** An image file that a decoder may see. */
export interface AdmittedImage {
  /** Format of its file. */
  readonly format: ImageFileFormat;
  /** Bytes of its file. */
  readonly fileBytes: number;
  /** Header of its file. */
  readonly header: ImageHeader;
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

/** Memory of resizing: a copy of the rows of the crop, these in the wanted width, the result. */
const resizingBytes = ({ width }: Size, { crop, scaled }: WantedPart): number =>
  CHANNELS *
  (width * crop.height + scaled.width * (crop.height + scaled.height));

function readHeader(bytes: Uint8Array, format: ImageFileFormat): ImageHeader {
  try {
    return HEADERS[format](bytes);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new Error(`its header is damaged or cut short (${format})`);
  }
}

/**
 * Admission of an image to its decoder, by its first bytes and its header. No decoder sees
 * those that may not.
 *
 * @throws Error With what was found and what is wanted: a format that is not decoded,
 * more than `MOST_PIXELS` or `MOST_PASSED_PIXELS`.
 */
export function admitImage({ bytes }: EncodedImage): AdmittedImage {
  const format = formatOf(bytes);
  const header = readHeader(bytes, format);
  checkPixels(header);
  checkPasses(header);
  return { format, fileBytes: bytes.length, header };
}

/**
 * Memory that decoding and resizing take at most, to within a tenth: the file, the
 * picture, and what is larger of the decoder's share and of that of resizing, which
 * begins when the decoder is done.
 *
 * @param wanted Wanted part and size of the picture.
 * @param isBlended True if the picture is decoded with its alpha channel, a byte more
 * for each pixel.
 * @throws Error If they are more than `MOST_DECODING_BYTES`, or the wanted size has more
 * than `MOST_PIXELS`.
 */
export function decodingBytes(
  { fileBytes, header }: AdmittedImage,
  wanted: WantedPart,
  isBlended = false,
): number {
  checkScaled(wanted.scaled);
  const channels = isBlended ? CHANNELS + 1 : CHANNELS;
  const picture = channels * header.width * header.height;
  const working = Math.max(header.decoderBytes, resizingBytes(header, wanted));
  // Whole numbers: sums of others drift, and the last of the memory is never free again.
  const taken = Math.ceil(fileBytes + picture + working);
  if (taken <= MOST_DECODING_BYTES) return taken;
  throw new Error(
    `decoding it takes ${bytesInWords(taken)}, wanted at most ${
      bytesInWords(MOST_DECODING_BYTES)
    } (${header.width}×${header.height} pixels, ${header.kind})`,
  );
}

/** A size, in words for messages. */
const inPixels = ({ width, height }: Size): string =>
  `${width}×${height} pixels`;

/**
 * Checks the picture that a decoder finds: it may be a part of what the header says,
 * with a shape of its own, but not more.
 *
 * @throws Error If it has more pixels.
 */
export function checkFound(stated: Size, found: Size): void {
  if (found.width * found.height <= stated.width * stated.height) return;
  throw new Error(
    `its decoder finds ${
      inPixels(found)
    }, its header says ${stated.width}×${stated.height}`,
  );
}

/**
 * Checks what is wanted of a picture whose shape is not that of its header.
 *
 * @throws Error If its shape asks for far more memory.
 */
export function checkUnforeseen(
  bytes: number,
  found: Size,
  wanted: WantedPart,
): void {
  const taken = resizingBytes(found, wanted);
  if (taken <= Math.max(bytes, MOST_UNFORESEEN)) return;
  throw new Error(
    `its picture of ${inPixels(found)} takes ${
      bytesInWords(taken)
    } in the wanted size`,
  );
}

/**
 * Waits until there is memory for an image: all that are decoded at the same time take
 * `MOST_DECODING_BYTES` at most, first come, first served.
 */
export const decodingMemory: Acquire = semaphore(MOST_DECODING_BYTES);
