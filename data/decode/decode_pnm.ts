/**
 * PBM, PGM and PPM files, as text or as bytes.
 *
 * @see {@link https://netpbm.sourceforge.net/doc/}
 */
import { left, type Result, right } from "../../core/mod.ts";
import type { RawImage, Size } from "../image/raw_image.ts";

/** Longest header with its comments, bytes. */
const LONGEST_HEADER = 65_536;

/** Contents of the header. */
interface PnmHeader extends Size {
  readonly channels: 1 | 3;
  /** True if samples are text. */
  readonly isText: boolean;
  /** True if samples are bits, 1 for black. */
  readonly isBits: boolean;
  /** Sample of full brightness. */
  readonly most: number;
  /** Start of the samples, bytes. */
  readonly at: number;
}

const isBlank = (byte: number): boolean =>
  byte === 32 || (byte >= 9 && byte <= 13);

/** Start of the next word: blanks and comments are passed over. */
function wordAt(bytes: Uint8Array, from: number): number {
  let [at, inComment] = [from, false];
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (inComment) inComment = byte !== 10 && byte !== 13;
    else if (byte === 35) inComment = true;
    else if (!isBlank(byte)) break;
    at++;
  }
  return at;
}

/** The whole number at a position and where it ends; `null` if there is none. */
function numberAt(
  bytes: Uint8Array,
  at: number,
  mostDigits: number,
): readonly [value: number, end: number] | null {
  let [value, end] = [0, at];
  for (; end - at < mostDigits; end++) {
    const digit = (bytes[end] ?? 0) - 48;
    if (digit < 0 || digit > 9) break;
    value = 10 * value + digit;
  }
  return end === at ? null : [value, end];
}

/** Numbers of the header, and where the last one ends. */
function numbersOf(
  bytes: Uint8Array,
  count: number,
): readonly [readonly number[], number] | null {
  const head = bytes.subarray(0, LONGEST_HEADER);
  const values: number[] = [];
  let at = 2;
  while (values.length < count) {
    const found = numberAt(head, wordAt(head, at), 9);
    if (found === null) return null;
    values.push(found[0]);
    at = found[1];
  }
  return [values, at];
}

function headerOf(bytes: Uint8Array): Result<string, PnmHeader> {
  const kind = (bytes[1] ?? 0) - 48;
  if (bytes[0] !== 80 || kind < 1 || kind > 6) {
    return left("no PBM, PGM or PPM header");
  }
  const isBits = kind % 3 === 1;
  const found = numbersOf(bytes, isBits ? 2 : 3);
  if (found === null || !isBlank(bytes[found[1]] ?? 0)) {
    return left("a header that is not PBM, PGM or PPM to its end");
  }
  const [[width = 0, height = 0, most = 1], end] = found;
  if (width < 1 || height < 1) return left(`${width}×${height} pixels`);
  if (most < 1 || most > 65_535) return left(`a largest sample of ${most}`);
  const channels = kind % 3 === 0 ? 3 : 1;
  const isText = kind <= 3;
  return right({ width, height, channels, isText, isBits, most, at: end + 1 });
}

/** Reads the samples in order; `null` where there are no more. */
type Samples = () => number | null;

function textSamples(bytes: Uint8Array, { at, isBits }: PnmHeader): Samples {
  let next = at;
  return () => {
    // Bits need no blanks between them.
    const found = numberAt(bytes, wordAt(bytes, next), isBits ? 1 : 5);
    if (found === null) return null;
    next = found[1];
    return found[0];
  };
}

function byteSamples(bytes: Uint8Array, { at, most }: PnmHeader): Samples {
  let next = at;
  const read = (): number => bytes[next++] ?? 0;
  return most < 256
    ? () => next < bytes.length ? read() : null
    : () => next + 1 < bytes.length ? 256 * read() + read() : null;
}

/** Bits of rows that are padded to whole bytes. */
function bitSamples(bytes: Uint8Array, { at, width }: PnmHeader): Samples {
  const stride = Math.ceil(width / 8);
  let next = 0;
  return () => {
    const [y, x] = [Math.floor(next / width), next % width];
    next++;
    const byte = bytes[at + y * stride + (x >> 3)];
    return byte === undefined ? null : (byte >> (7 - x % 8)) & 1;
  };
}

const samplesOf = (bytes: Uint8Array, header: PnmHeader): Samples =>
  header.isText
    ? textSamples(bytes, header)
    : header.isBits
    ? bitSamples(bytes, header)
    : byteSamples(bytes, header);

/** Least bytes of the samples of a whole file. */
function leastBytes(header: PnmHeader): number {
  const { width, height, channels, isText, isBits, most } = header;
  if (isBits && !isText) return height * Math.ceil(width / 8);
  const samples = width * height * channels;
  if (isText) return isBits ? samples : 2 * samples - 1;
  return most < 256 ? samples : 2 * samples;
}

/** Width and height of a PBM, PGM or PPM file, from its header. */
export function sizeOfPnm(bytes: Uint8Array): Result<string, Size> {
  const header = headerOf(bytes);
  if (header._tag === "Left") return header;
  const { width, height } = header.right;
  return right({ width, height });
}

/**
 * Decodes a PBM, PGM or PPM file (`P1` to `P6`); of several pictures in a file the
 * first one. Samples are brought to 8 bits by `round(255 · sample / largest)`.
 *
 * @param most Most pixels; memory is asked for only when it has no more.
 * @returns Grey or colours, or what was found instead: a header of another kind, a
 * file that is cut short or too large, a sample above the largest.
 */
export function decodePnm(
  bytes: Uint8Array,
  most: number,
): Result<string, RawImage> {
  const found = headerOf(bytes);
  if (found._tag === "Left") return found;
  const { width, height, channels, isText, isBits, most: full, at } =
    found.right;
  if (width * height > most) {
    return left(`${width}×${height} pixels, more than ${most}`);
  }
  if (bytes.length - at < leastBytes(found.right)) return left("cut short");
  const length = width * height * channels;
  if (full === 255 && !isText) {
    const pixels = bytes.slice(at, at + length);
    return right({ _tag: "RawImage", width, height, channels, pixels });
  }
  const pixels = new Uint8Array(length);
  const next = samplesOf(bytes, found.right);
  for (let i = 0; i < pixels.length; i++) {
    const sample = next();
    if (sample === null) return left(`no sample ${i} of ${pixels.length}`);
    if (sample > full) return left(`a sample of ${sample} above ${full}`);
    const level = isBits ? 1 - sample : sample;
    pixels[i] = Math.floor((510 * level + full) / (2 * full));
  }
  return right({ _tag: "RawImage", width, height, channels, pixels });
}
