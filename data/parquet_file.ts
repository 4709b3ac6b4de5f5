/**
 * Parquet files with a column of images, through hyparquet; the only file that
 * names it.
 *
 * @see {@link https://parquet.apache.org/docs/file-format/}
 *
 * @module
 */
import type { AsyncBuffer, FileMetaData, SchemaTree } from "hyparquet";
import { left, type Result, right } from "../core/mod.ts";
import { type DataError, reasonOf } from "./data_error.ts";
import { checkedPages, type ReadFields } from "./parquet_pages.ts";
import { readRange } from "./read_range.ts";

/** Rows that are stored and read together. */
export interface RowGroup {
  /** Path of the file. */
  readonly path: string;
  /** First row. */
  readonly from: number;
  /** Rows. */
  readonly rows: number;
  /** Bytes of all its columns, unpacked. */
  readonly bytes: number;
}

/** What is known of a file before an image is read. */
export interface ParquetFile {
  /** Its row groups in order. */
  readonly groups: readonly RowGroup[];
  /** Class of each row, `null` where there is no column of classes. */
  readonly labels: Int32Array | null;
  /** Names of the classes if the file tells them. */
  readonly classNames: readonly string[] | null;
  /**
   * The encoded images of a row group.
   *
   * @param group One of `groups`.
   * @throws What is wrong with the row group.
   */
  readImages(group: RowGroup): Promise<readonly (Uint8Array | null)[]>;
}

/** Columns of classes, the first one that is there is taken. */
const LABEL_COLUMNS = ["label", "labels", "fine_label"];
/** A page or group that unpacks to more is taken for damaged, bytes. */
const LARGEST = 2 ** 30;

/** Loaded when the first file is opened: other sources do not need it. */
let loading: ReturnType<typeof load> | null = null;

/** The library and its decompressors, bounded. */
async function load() {
  const [hyparquet, thrift, { compressors }] = await Promise.all([
    import("hyparquet"),
    import("hyparquet/src/thrift.js"),
    import("hyparquet-compressors"),
  ]);
  const bounded = Object.entries(compressors).map(([name, unpack]) =>
    [name, (input: Uint8Array, length: number): Uint8Array => {
      if (length <= LARGEST) return unpack(input, length);
      throw new Error(`a page of ${length} bytes`);
    }] as const
  );
  const readFields: ReadFields = thrift.deserializeTCompactProtocol;
  return {
    ...hyparquet,
    readFields,
    compressors: Object.fromEntries(bounded),
  };
}

/** Opens the file for each read: nothing is left open behind. */
async function bufferOf(path: string): Promise<AsyncBuffer> {
  const { size } = await Deno.stat(path);
  const within = (at: number): boolean =>
    Number.isSafeInteger(at) && at >= 0 && at <= size;
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      if (!within(start) || !within(end) || start > end) {
        throw new Error(`bytes ${start} to ${end} of a file of ${size}`);
      }
      return (await readRange(path, start, end - start)).buffer;
    },
  };
}

/** A column of records `{ bytes, path }`, as Hugging Face writes images. */
const holdsImages = ({ children }: SchemaTree): boolean =>
  children.some(({ element }) =>
    element.name === "bytes" && element.type === "BYTE_ARRAY"
  );

/** Names that Hugging Face keeps beside the schema. */
function classNamesOf(
  metadata: FileMetaData,
  column: string,
): readonly string[] | null {
  const text = metadata.key_value_metadata
    ?.find(({ key }) => key === "huggingface")?.value;
  if (text === undefined) return null;
  try {
    const names = JSON.parse(text)?.info?.features?.[column]?.names;
    const isList = Array.isArray(names) && names.length > 0 &&
      names.every((name) => typeof name === "string");
    return isList ? names : null;
  } catch {
    return null;
  }
}

/** Row groups with the rows that they say they have, checked against the file. */
function groupsOf(
  path: string,
  size: number,
  metadata: FileMetaData,
): readonly RowGroup[] {
  let from = 0;
  const groups = metadata.row_groups.map((stored) => {
    const rows = Number(stored.num_rows);
    // An image has at least a byte; what says otherwise is damaged.
    if (!(rows >= 0 && rows <= size)) {
      throw new Error(`a group of ${rows} rows`);
    }
    const bytes = Number(stored.total_byte_size);
    if (!(bytes <= LARGEST)) throw new Error(`a group of ${bytes} bytes`);
    const group = { path, from, rows, bytes };
    from += rows;
    return group;
  });
  if (from === Number(metadata.num_rows) && from > 0) return groups;
  throw new Error(`${from} rows in groups, ${metadata.num_rows} in all`);
}

/** Numbers of classes, whatever whole type they are stored in. */
function labelsOf(values: readonly unknown[]): Int32Array {
  return Int32Array.from(values, (value) => {
    const label = Number(value);
    const isWhole = typeof value === "number" || typeof value === "bigint";
    if (isWhole && Number.isInteger(label) && label >= 0 && label < 2 ** 20) {
      return label;
    }
    throw new Error(`class ${String(value)}`);
  });
}

/** Reads some rows of a column. */
async function readColumn(
  file: AsyncBuffer,
  metadata: FileMetaData,
  column: string,
  from: number,
  rows: number,
): Promise<readonly unknown[]> {
  const { parquetReadObjects, compressors } = await (loading ??= load());
  const read = await parquetReadObjects({
    file,
    metadata,
    columns: [column],
    rowStart: from,
    rowEnd: from + rows,
    compressors,
    utf8: false,
  });
  if (read.length === rows) return read.map((row) => row[column]);
  throw new Error(`${read.length} rows where ${rows} are wanted`);
}

/** Bytes of an image of a row, `null` where there are none. */
function bytesOf(value: unknown): Uint8Array | null {
  const bytes = (value as { bytes?: unknown } | null)?.bytes;
  return bytes instanceof Uint8Array ? bytes : null;
}

/** What the library stumbles over in a damaged file says nothing to a user. */
function damage(thrown: unknown): string {
  const isStumble = thrown instanceof TypeError || thrown instanceof RangeError;
  return isStumble
    ? "a damaged file"
    : reasonOf(thrown).replace(/\b(undefined|NaN)\b/g, "unknown");
}

async function opened(path: string): Promise<ParquetFile> {
  const { parquetMetadataAsync, parquetSchema, readFields } =
    await (loading ??= load());
  const whole = await bufferOf(path);
  const metadata = await parquetMetadataAsync(whole);
  const file = checkedPages(readFields, whole, metadata);
  const groups = groupsOf(path, file.byteLength, metadata);
  const columns = parquetSchema(metadata).children;
  const names = columns.map(({ element }) => element.name);
  const images = columns.find(holdsImages)?.element.name;
  if (images === undefined) {
    throw new Error(`the columns ${names.join(", ")}, none of { bytes, path }`);
  }
  const label = LABEL_COLUMNS.find((name) => names.includes(name));
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  return {
    groups,
    labels: label === undefined
      ? null
      : labelsOf(await readColumn(file, metadata, label, 0, rows)),
    classNames: label === undefined ? null : classNamesOf(metadata, label),
    readImages: async ({ from, rows }) => {
      try {
        const values = await readColumn(file, metadata, images, from, rows);
        return values.map(bytesOf);
      } catch (thrown) {
        throw new Error(damage(thrown), { cause: thrown });
      }
    },
  };
}

/**
 * Opens a Parquet file with images: reads what it says of itself and the classes.
 *
 * @param path The file.
 * @returns The file, or what is wrong with it.
 */
export async function parquetFile(
  path: string,
): Promise<Result<DataError, ParquetFile>> {
  try {
    return right(await opened(path));
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    const found = missing ? "nothing" : damage(error);
    const wanted = "a Parquet file with a column of images";
    return left({ _tag: "BadFile", path, found, wanted });
  }
}
