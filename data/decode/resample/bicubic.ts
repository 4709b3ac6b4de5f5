/** Bicubic resizing of 8-bit images. */
import {
  MAXIMUM_PAGES,
  REACH,
  type ResampleKernels,
  resampleKernels,
} from "./resample_kernels.ts";
import {
  cutOut,
  type PixelBox,
  type RawImage,
  type Size,
} from "../../image/raw_image.ts";
import { bicubicTaps } from "./bicubic_taps.ts";

/** Addresses of parts of a memory, one behind the other, and the end of the last. */
function addressesOf(lengths: readonly number[]): readonly number[] {
  const roomFor = (length: number): number =>
    REACH * Math.ceil((length + REACH) / REACH);
  return lengths.reduce<readonly number[]>(
    (addresses, length) => [
      ...addresses,
      (addresses.at(-1) ?? 0) + roomFor(length),
    ],
    [0],
  );
}

function putNumbers(scratch: Scratch, at: number, numbers: Int32Array): void {
  new Int32Array(scratch.bytes().buffer, at, numbers.length).set(numbers);
}

/**
 * Resizes a part of an image with PIL's antialiased bicubic filter, to the bit: rows,
 * then columns, each rounded to 8 bits. The result lies in memory that the next call
 * uses again.
 *
 * @param crop Part of the image, inside of it; pixels outside have no influence.
 * @returns An image that must not be used after the next call.
 * @throws RangeError If there is not enough memory.
 */
export function resizedForNow(
  image: RawImage,
  crop: PixelBox,
  size: Size,
): RawImage {
  const { left, top, width, height } = crop;
  if (width === size.width && height === size.height) {
    return cutOut(image, crop);
  }
  const { channels, pixels } = image;
  const [fromRow, toRow] = [image.width * channels, size.width * channels];
  const across = bicubicTaps(width, size.width, channels);
  const down = bicubicTaps(height, size.height, toRow);
  const [source = 0, wide = 0, result = 0, first = 0, second = 0, end = 0] =
    addressesOf([
      fromRow * height,
      toRow * height,
      toRow * size.height,
      across.records.byteLength,
      down.records.byteLength,
    ]);
  const scratch = scratchFor(end);
  const { kernels } = scratch;
  putNumbers(scratch, first, across.records);
  putNumbers(scratch, second, down.records);
  const seen = pixels.subarray(top * fromRow, (top + height) * fromRow);
  scratch.bytes().set(seen, source);
  const from = source + left * channels;
  kernels.rows(
    {
      ...{ from, fromRow, to: wide, toRow, height },
      ...{ records: first, recordBytes: across.recordBytes },
    },
    channels,
  );
  kernels.columns({
    ...{ from: wide, fromRow: toRow, to: result, toRow, height: size.height },
    ...{ records: second, recordBytes: down.recordBytes },
  });
  const levels = scratch.bytes()
    .subarray(result, result + toRow * size.height);
  return { _tag: "RawImage", ...size, channels, pixels: levels };
}

/** Bytes of a page of a WebAssembly memory. */
const PAGE_BYTES = 65_536;

/** Limit of the memory kept for the next image, bytes: larger images come one by one. */
const MOST_KEPT = 2 ** 25;

/** Memory, and kernels that see it. */
interface Scratch {
  readonly memory: WebAssembly.Memory;
  /** All of it; grows, so it must be asked for again. */
  readonly bytes: () => Uint8Array<ArrayBuffer>;
  /** Resizes what lies in it. */
  readonly kernels: ResampleKernels;
}

function newScratch(): Scratch {
  const memory = new WebAssembly.Memory({ initial: 0, maximum: MAXIMUM_PAGES });
  let bytes = new Uint8Array(memory.buffer as ArrayBuffer);
  return {
    memory,
    bytes: () => {
      if (bytes.length !== memory.buffer.byteLength) {
        bytes = new Uint8Array(memory.buffer as ArrayBuffer);
      }
      return bytes;
    },
    kernels: resampleKernels(memory),
  };
}

let kept: Scratch | null = null;

/**
 * Memory with room for so many bytes and what the kernels read and write behind them.
 *
 * @param size Bytes that are needed; what lay in the memory before is lost.
 * @throws RangeError If the machine does not have so much.
 */
function scratchFor(size: number): Scratch {
  const wanted = size + REACH;
  const scratch = kept ?? newScratch();
  const missing = wanted - scratch.memory.buffer.byteLength;
  if (missing > 0) scratch.memory.grow(Math.ceil(missing / PAGE_BYTES));
  kept = scratch.memory.buffer.byteLength > MOST_KEPT ? null : scratch;
  return scratch;
}
