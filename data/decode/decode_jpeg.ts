/**
 * Parts of JPEG files through libjpeg-turbo: a third of the work that it is through
 * libvips, with the same levels.
 */
import {
  type DecodedImage,
  isSameSize,
  type PixelBox,
  type RawImage,
  type Size,
} from "../image/raw_image.ts";
import { ownMemory, recycledMemory } from "../resources/recycled_memory.ts";
import { loadTurboLibrary, type TurboLibrary } from "./turbo_library.ts";

/** Numbers of the library's interface. */
const TJ = {
  toDecompress: 1,
  stopOnWarning: 0,
  width: 5,
  height: 6,
  precision: 7,
  colourspace: 8,
  scanLimit: 13,
  rgbPixels: 0,
} as const;

/** RGB, YCbCr and grey, which become RGB in one way only; inks do not. */
const PLAIN_COLOURS: readonly number[] = [0, 1, 2];

/** Scans of a progressive file; real ones have about ten. */
const MOST_SCANS = 100;

/** Parts begin at multiples of the widest block, pixels. */
const BLOCK = 32;

/** The colour of a pixel depends on its neighbours: the outermost of a part may be wrong. */
const MARGIN = 2;

/** A smaller file is no picture, and small arrays may move while native code reads them. */
const LEAST_BYTES = 128;

/** Larger images come one by one: their memory does not wait for another, bytes. */
const MOST_KEPT = 2 ** 24;

/** Thread of a decoder: the calling one, or on another while this one goes on. */
export type DecodingThread = "here" | "aside";

/** One file that is being decoded. */
interface Decoding {
  readonly library: TurboLibrary;
  readonly handle: Deno.PointerValue;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Loaded with the first file. */
let loading: Promise<TurboLibrary | null> | undefined;

const memory = recycledMemory(MOST_KEPT, ownMemory);

/** Size of the picture, or `null` if it is not one of 8 bits in plain colours. */
function readHeader({ library, handle, bytes }: Decoding): Size | null {
  const read = library.tj3DecompressHeader(handle, bytes, BigInt(bytes.length));
  const get = (what: number): number => library.tj3Get(handle, what);
  const isPlain = read === 0 && get(TJ.precision) === 8 &&
    PLAIN_COLOURS.includes(get(TJ.colourspace));
  return isPlain ? { width: get(TJ.width), height: get(TJ.height) } : null;
}

/** The smallest part that can be decoded and has the crop and its neighbours inside. */
export function regionOf({ width, height }: Size, crop: PixelBox): PixelBox {
  const left = Math.max(0, crop.left - MARGIN);
  const start = {
    left: left - left % BLOCK,
    top: Math.max(0, crop.top - MARGIN),
  };
  return {
    ...start,
    width: Math.min(width, crop.left + crop.width + MARGIN) - start.left,
    height: Math.min(height, crop.top + crop.height + MARGIN) - start.top,
  };
}

async function decodeRegion(
  { library, handle, bytes }: Decoding,
  { left, top, width, height }: PixelBox,
  pixels: Uint8Array<ArrayBuffer>,
  thread: DecodingThread,
): Promise<RawImage | null> {
  const region = new Uint8Array(Int32Array.of(left, top, width, height).buffer);
  if (library.tj3SetCroppingRegion(handle, region) !== 0) return null;
  const decompress = thread === "here"
    ? library.tj3Decompress8
    : library.decompressAside;
  const length = BigInt(bytes.length);
  const failed = decompress(handle, bytes, length, pixels, 0, TJ.rgbPixels);
  return (thread === "here" ? failed : await failed) === 0
    ? { _tag: "RawImage", width, height, channels: 3, pixels }
    : null;
}

async function decodeWith(
  decoding: Decoding,
  stated: Size,
  crop: PixelBox,
  thread: DecodingThread,
): Promise<DecodedImage | null> {
  const { library, handle } = decoding;
  library.tj3Set(handle, TJ.stopOnWarning, 1);
  library.tj3Set(handle, TJ.scanLimit, MOST_SCANS);
  const size = readHeader(decoding);
  if (size === null || !isSameSize(size, stated)) return null;
  const region = regionOf(size, crop);
  const length = region.width * region.height * 3;
  const lent = memory.take(length);
  const release = (): void => memory.give(lent);
  const pixels = new Uint8Array(lent, 0, length);
  const image = await decodeRegion(decoding, region, pixels, thread);
  if (image === null) release();
  return image && { image, region, size, [Symbol.dispose]: release };
}

/**
 * Decodes the part of a JPEG file that is kept. It gives up at the least doubt: then
 * another decoder has to check the file.
 *
 * @param stated Size of the image by its header.
 * @returns Pixels that have the crop among them, in memory that is used again when they
 * are disposed of. `null` if the library is not there, or the file is not a whole one of
 * 8 bits in RGB, YCbCr or grey and of this size.
 */
export async function decodeJpeg(
  bytes: Uint8Array,
  stated: Size,
  crop: PixelBox,
  thread: DecodingThread,
): Promise<DecodedImage | null> {
  if (!isJpeg(bytes) || bytes.length < LEAST_BYTES) return null;
  if (!endsItsScan(bytes)) return null;
  const library = await (loading ??= loadTurboLibrary());
  if (library === null) return null;
  const handle = library.tj3Init(TJ.toDecompress);
  if (handle === null) return null;
  try {
    const file = bytes as Uint8Array<ArrayBuffer>;
    return await decodeWith(
      { library, handle, bytes: file },
      stated,
      crop,
      thread,
    );
  } finally {
    library.tj3Destroy(handle);
  }
}

const MARKER = 0xff;
const START_OF_SCAN = 0xda;

/** True if a file begins as JPEG files do. */
export const isJpeg = (bytes: Uint8Array): boolean =>
  bytes[0] === MARKER && bytes[1] === 0xd8;

/** Codes behind `0xff` within a scan: a level of 255, filling, a restart. */
const isWithinScan = (code: number): boolean =>
  code === 0 || code === MARKER || (code >= 0xd0 && code <= 0xd7);

/**
 * True if anything ends the last scan of a JPEG file. If nothing does, the file was cut
 * short, though a decoder that needs only its upper part does not notice.
 */
export function endsItsScan(bytes: Uint8Array): boolean {
  for (let i = bytes.length - 2; i >= 0; i--) {
    const code = bytes[i + 1] ?? 0;
    if (bytes[i] !== MARKER || isWithinScan(code)) continue;
    return code !== START_OF_SCAN;
  }
  return false;
}
