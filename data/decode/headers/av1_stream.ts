/**
 * Sizes and frames of AV1 streams.
 *
 * @see {@link https://aomediacodec.github.io/av1-spec/} 5.3 to 5.5, headers
 */
import { joined } from "./image_header.ts";

/** Demands of a stream on a decoder. */
export interface Av1Stream {
  /** Most pixels of a row of a frame. */
  readonly width: number;
  /** Most rows of a frame. */
  readonly height: number;
  /** Frames, `≥ 0`; the last one is seen. */
  readonly frames: number;
}

/** A part of a file, in bytes. */
export interface Extent {
  /** Its start. */
  readonly at: number;
  /** Its length. */
  readonly length: number;
}

/** Units of a stream that are looked at. */
const UNIT = { sequence: 1, frameHeader: 3, frame: 6 };

/** Reads bits, the highest first. */
interface Bits {
  /** The next bits as a number; `count` at most 32. */
  readonly take: (count: number) => number;
  /** True if the next bit is set. */
  readonly flag: () => boolean;
}

function bitsOf(bytes: Uint8Array): Bits {
  let at = 0;
  const take = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) {
      const byte = bytes[at >> 3];
      if (byte === undefined) throw new RangeError("bits behind the end");
      value = value * 2 + (byte >> (7 - (at & 7)) & 1);
    }
    return value;
  };
  return { take, flag: () => take(1) === 1 };
}

/** A number whose length is given by zeros before it. */
function skipUnary({ take, flag }: Bits): void {
  let zeros = 0;
  while (!flag()) zeros++;
  if (zeros < 32) take(zeros);
}

/** Clocks; the bits of a number of the decoder's model, 0 if there is no model. */
function skipTiming(bits: Bits): number {
  const { take, flag } = bits;
  take(32);
  take(32);
  if (flag()) skipUnary(bits);
  if (!flag()) return 0;
  const length = 1 + take(5);
  take(32);
  take(10);
  return length;
}

/** Operating points, of a sequence that is more than one still picture. */
function skipPoints(bits: Bits): void {
  const { take, flag } = bits;
  const modelBits = flag() ? skipTiming(bits) : 0;
  const isDelayed = flag();
  for (let points = 1 + take(5); points > 0; points--) {
    take(12);
    if (take(5) > 7) take(1);
    if (modelBits > 0 && flag()) {
      take(modelBits);
      take(modelBits);
      take(1);
    }
    if (isDelayed && flag()) take(4);
  }
}

/** Largest size of the frames of a sequence, by its header. */
function sequenceSize(
  unit: Uint8Array,
): Pick<Av1Stream, "width" | "height"> {
  const bits = bitsOf(unit);
  bits.take(4);
  if (bits.flag()) bits.take(5);
  else skipPoints(bits);
  const widthBits = 1 + bits.take(4);
  const heightBits = 1 + bits.take(4);
  return { width: 1 + bits.take(widthBits), height: 1 + bits.take(heightBits) };
}

/** A number in groups of 7 bits, the lowest first; and the bytes that it takes. */
function groupedNumber(
  bytes: Uint8Array,
  at: number,
): readonly [value: number, bytes: number] {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return [value, i + 1];
  }
  throw new RangeError("a number without an end");
}

/**
 * Looks through the units of a stream.
 *
 * @param extents Parts of it that make up the stream.
 * @throws RangeError If a unit reaches behind the end.
 */
export function av1Stream(
  bytes: Uint8Array,
  extents: readonly Extent[],
): Av1Stream {
  const stream = joined(
    extents.map(({ at, length }) => bytes.subarray(at, at + length)),
  );
  let [width, height, frames] = [0, 0, 0];
  for (let at = 0; at < stream.length;) {
    const head = stream[at] ?? 0;
    const start = at + (head & 4 ? 2 : 1);
    const [length, taken] = head & 2
      ? groupedNumber(stream, start)
      : [stream.length - start, 0];
    const type = head >> 3 & 15;
    at = start + taken + length;
    if (type === UNIT.frame || type === UNIT.frameHeader) frames++;
    if (type !== UNIT.sequence) continue;
    const size = sequenceSize(stream.subarray(start + taken, at));
    width = Math.max(width, size.width);
    height = Math.max(height, size.height);
  }
  return { width, height, frames };
}
