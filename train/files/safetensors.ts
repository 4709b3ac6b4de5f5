/**
 * The safetensors file format: 8 bytes of header length, a JSON header, raw
 * little-endian numbers.
 *
 * A file is sealed if its metadata say `vitfreeze.sha512`: the SHA-512 of the whole file
 * in which these 128 digits are zeros. Other programs pass it over.
 */
import { excerpt, type Result, right, shown } from "../../core/mod.ts";
import {
  digestDifference,
  readBytes,
  type Reading,
  runningDigest,
} from "./byte_reading.ts";
import {
  ALL_TENSORS,
  bytesOf,
  type ChooseTensors,
  kindOf,
  NUMBER_WIDTHS,
  numbersOf,
  type StoredTensor,
} from "./tensor_data.ts";
import {
  type Contents,
  contentsOf,
  type FormatError,
  type Header,
  isKind,
  readHeader,
  refuse,
} from "./safetensors_header.ts";

export type { FormatError } from "./safetensors_header.ts";

/** Content of a safetensors file. */
export interface TensorFile {
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Name of the digest among the metadata. */
export const SEAL = "vitfreeze.sha512";

/** Placeholder of the digest while it is computed. */
const BLANK_SEAL = "0".repeat(128);

/** Nothing in a JSON text looks like this but the one key: quotes in texts have a backslash before them. */
const PLACE = /[{,]"vitfreeze\.sha512":"([0-9a-f]{128})"/;

/** A header without its digest, and the digest. */
interface OpenedSeal {
  /** The header with zeros instead. */
  readonly blank: Uint8Array;
  readonly at: number;
  /** The digits. */
  readonly sha512: string;
}

/**
 * Finds the digest in the header of a safetensors file.
 *
 * @returns `null` if it is not written as `encodeSafetensors` does.
 */
function openSeal(header: Uint8Array): OpenedSeal | null {
  // One letter a byte, so that places in the text are those of the bytes.
  const found = PLACE.exec(new TextDecoder("latin1").decode(header));
  const sha512 = found?.[1];
  if (found === null || sha512 === undefined) return null;
  const at = found.index + found[0].length - 1 - sha512.length;
  const blank = new Uint8Array(header);
  blank.fill(0x30, at, at + sha512.length);
  return { blank, at, sha512 };
}

function sealed(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const [header = new Uint8Array(), ...others] = parts;
  const place = openSeal(header);
  if (place === null) return parts;
  const digest = runningDigest();
  for (const part of parts) digest.add(part);
  const written = new Uint8Array(header);
  written.set(new TextEncoder().encode(digest.end()), place.at);
  return [written, ...others];
}

/** Length and header, padded so that the numbers start at a multiple of 8. */
function encodeHeader({ metadata, tensors }: TensorFile): Uint8Array {
  const entries: [string, unknown][] = [["__metadata__", metadata]];
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    const start = end;
    end += data.byteLength;
    // deno-lint-ignore camelcase -- the name is the format's
    const entry = { dtype: kindOf(data), shape, data_offsets: [start, end] };
    entries.push([name, entry]);
  }
  const text = JSON.stringify(Object.fromEntries(entries));
  const encoded = new TextEncoder().encode(text);
  const padded = Math.ceil(encoded.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(encoded, 8);
  return header;
}

/**
 * A safetensors file in parts that follow one another: its header, then the numbers
 * of each tensor, which are not copied. See `encodeSafetensors`.
 */
export function safetensorsParts(file: TensorFile): readonly Uint8Array[] {
  const isSealed = Object.hasOwn(file.metadata, SEAL);
  const metadata = isSealed
    ? { ...file.metadata, [SEAL]: BLANK_SEAL }
    : file.metadata;
  const parts = [
    encodeHeader({ ...file, metadata }),
    ...[...file.tensors.values()].map(({ data }) => bytesOf(data)),
  ];
  return isSealed ? sealed(parts) : parts;
}

/**
 * Bytes of a safetensors file. If its metadata have the key `vitfreeze.sha512`, the
 * digest of the file is written there, whatever was given.
 *
 * @returns The whole file; the header is padded so that the numbers start at a multiple of 8.
 */
export function encodeSafetensors(file: TensorFile): Uint8Array<ArrayBuffer> {
  return joinedParts(safetensorsParts(file));
}

/** Parts that follow one another as a whole. */
export function joinedParts(
  parts: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, x) => sum + x.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Compares the read bytes with the file's own digest. */
interface SealCheck {
  /** Takes the next bytes behind the header. */
  readonly add: (bytes: Uint8Array) => void;
  /** Reason why the file is not as it was written, or `null`. */
  readonly fault: () => string | null;
}

const UNSEALED: SealCheck = { add: () => {}, fault: () => null };

function sealCheck(
  metadata: TensorFile["metadata"],
  { parts: [length, text] }: Header,
): Result<FormatError, SealCheck> {
  if (!Object.hasOwn(metadata, SEAL)) return right(UNSEALED);
  const seal = openSeal(text);
  if (seal === null) {
    return refuse(
      `its ${SEAL} is no digest: it is not as it was written, or another program wrote it`,
    );
  }
  const digest = runningDigest();
  digest.add(length);
  digest.add(seal.blank);
  const fault = () => digestDifference(digest.end(), seal.sha512);
  return right({ add: digest.add, fault });
}

/** Content of a file of which not all tensors are read. */
export interface ChosenTensors extends TensorFile {
  /** The other tensors, by kind and shape. */
  readonly unread: ReadonlyMap<string, string>;
}

const kindAndShape = ({ dtype, shape }: Contents["entries"][number]): string =>
  `${dtype} [${shape.join(", ")}]`;

/** Content of a file of whose tensors these were read. */
function chosenTensors(
  { metadata, entries, names }: Contents,
  read: ReadonlyMap<string, StoredTensor>,
): ChosenTensors {
  const others = entries.filter(({ name }) => !read.has(name));
  return {
    metadata,
    tensors: new Map(names.flatMap((name) => {
      const tensor = read.get(name);
      return tensor === undefined ? [] : [[name, tensor] as const];
    })),
    unread: new Map(others.map((entry) => [entry.name, kindAndShape(entry)])),
  };
}

/**
 * Reads some of the tensors of a safetensors file, which may hold others of any kind.
 * A file with a digest of itself is read from front to back, each byte once.
 *
 * @param choose The tensors to read, by the shapes of all that can be read.
 */
export function* chosenSafetensorsReading(
  size: number,
  choose: ChooseTensors,
): Reading<Result<FormatError, ChosenTensors>> {
  const header = yield* readHeader(size);
  if (header._tag === "Left") return header;
  const { object, end: from } = header.right;
  const contents = contentsOf(object, size - from);
  if (contents._tag === "Left") return contents;
  const { metadata, entries } = contents.right;
  const check = sealCheck(metadata, header.right);
  if (check._tag === "Left") return check;
  const shapes = entries.flatMap(({ name, dtype, shape }) =>
    isKind(dtype) ? [[name, shape] as const] : []
  );
  const isChosen = choose(new Map(shapes));
  const read = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, start, end } of entries) {
    const isRead = isKind(dtype) && isChosen(name);
    if (!isRead && check.right === UNSEALED) continue;
    const bytes = yield { start: from + start, end: from + end };
    check.right.add(bytes);
    if (isRead) read.set(name, { shape, data: numbersOf(dtype, bytes) });
  }
  const fault = check.right.fault();
  return fault === null
    ? right(chosenTensors(contents.right, read))
    : refuse(fault);
}

/**
 * Reads a safetensors file from front to back, each byte once.
 *
 * @returns Its tensors, or why the file cannot be trusted; see `decodeSafetensors`.
 */
export function* safetensorsReading(
  size: number,
): Reading<Result<FormatError, TensorFile>> {
  const read = yield* chosenSafetensorsReading(size, ALL_TENSORS);
  if (read._tag === "Left") return read;
  const { unread, ...file } = read.right;
  const [other] = unread;
  if (other === undefined) return right(file);
  const [name, what] = other;
  const dtype = shown(what.slice(0, what.lastIndexOf(" [")));
  const known = Object.keys(NUMBER_WIDTHS).join(", ");
  return refuse(
    `tensor ${excerpt(name)} has dtype ${dtype}, wanted one of ${known}`,
  );
}

/**
 * Reads a safetensors file. Half-precision numbers (`F16`, `BF16`) become
 * `float32`, which holds them exactly. A file that has a digest of itself, see
 * `encodeSafetensors`, is compared with it.
 *
 * @returns Its tensors, copied, or why the file cannot be trusted; never a part of it.
 */
export function decodeSafetensors(
  bytes: Uint8Array,
): Result<FormatError, TensorFile> {
  return readBytes(bytes, safetensorsReading);
}
