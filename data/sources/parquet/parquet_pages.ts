/**
 * Pages of a Parquet file: checked before the library reads them, which goes on for
 * ever where a damaged header lacks a length, and found by their headers, so that a
 * page can be read without its row group.
 *
 * @see {@link https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift}
 */
import type { AsyncBuffer, FileMetaData } from "npm:hyparquet@1.31.5";

/** A structure of Thrift: what it holds by the numbers of its fields. */
type Fields = Readonly<Record<string, unknown>>;

/** Reads a structure, from `offset` on, which it moves. */
export type ReadFields = (
  reader: { view: DataView; offset: number },
) => Fields;

/** `PageType.DATA_PAGE`, `DICTIONARY_PAGE` and `DATA_PAGE_V2`. */
const [DATA_PAGE, DICTIONARY_PAGE, DATA_PAGE_V2] = [0, 2, 3];
/** `Encoding.PLAIN_DICTIONARY` and `RLE_DICTIONARY`. */
const BY_DICTIONARY = [2, 8];
/** Bytes that are read for a header at first; most have less than 100. */
const HEADER = 1 << 9;
/** Headers with the least and the largest of long values; a longer one is damaged. */
const LONGEST_HEADER = 1 << 24;

function lengthIn(fields: Fields, field: number, most: number): number {
  const value = fields[`field_${field}`];
  const isLength = typeof value === "number" && Number.isInteger(value) &&
    value >= 0 && value <= most;
  if (isLength) return value;
  throw new Error(
    typeof value === "number"
      ? `a page header with a length of ${value}`
      : "a page header without a length",
  );
}

const fieldsIn = (header: Fields, field: number): Fields =>
  (header[`field_${field}`] ?? {}) as Fields;

/** Checks one header; gives the bytes of its page. */
function checkHeader(header: Fields, room: number): number {
  const size = lengthIn(header, 3, room);
  if (header["field_1"] !== DATA_PAGE_V2) return size;
  const page = fieldsIn(header, 8);
  const definitions = lengthIn(page, 5, size);
  lengthIn(page, 6, size - definitions);
  lengthIn(page, 1, 2 ** 31);
  return size;
}

/** Checks the headers of the pages that lie one behind the other. */
function checkChunk(readFields: ReadFields, view: DataView): void {
  const reader = { view, offset: 0 };
  // The library stops before a last byte.
  while (reader.offset < view.byteLength - 1) {
    const header = readFields(reader);
    reader.offset += checkHeader(header, view.byteLength - reader.offset);
  }
}

/** A piece of a file, bytes. */
export interface Piece {
  /** First byte. */
  readonly from: number;
  /** First byte behind it. */
  readonly to: number;
}

/** A page with its header. */
export interface Page extends Piece {
  /** Row of the row group that it begins with. */
  readonly first: number;
  /** Rows. */
  readonly rows: number;
  /** Bytes of its content unpacked. */
  readonly unpacked: number;
  /** The page of the values that it numbers, `null` if it holds them itself. */
  readonly dictionary: Piece | null;
}

const chunksOf = ({ row_groups: groups }: FileMetaData): readonly Piece[] =>
  groups.flatMap(({ columns }) =>
    columns.flatMap(({ meta_data: column }) => {
      if (column === undefined) return [];
      const first = column.dictionary_page_offset || column.data_page_offset;
      const from = Number(first);
      return [{ from, to: from + Number(column.total_compressed_size) }];
    })
  );

/**
 * A file whose columns are checked when they are read.
 *
 * @returns The same file; a part of it with a damaged page header cannot be read.
 */
export function checkedPages(
  readFields: ReadFields,
  file: AsyncBuffer,
  metadata: FileMetaData,
): AsyncBuffer {
  const chunks = chunksOf(metadata);
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    const bytes = await file.slice(start, end);
    for (const { from, to } of chunks) {
      if (from < start || to > end || from > to) continue;
      checkChunk(readFields, new DataView(bytes, from - start, to - from));
    }
    return bytes;
  };
  return {
    byteLength: file.byteLength,
    slice: (start, end = file.byteLength) => {
      const bytes = read(start, end);
      // The library forgets those that it began before another one failed.
      bytes.catch(() => {});
      return bytes;
    },
  };
}

/** Reads a header; a long one in a second or third read. */
async function headerAt(
  readFields: ReadFields,
  file: AsyncBuffer,
  { from, to }: Piece,
): Promise<readonly [Fields, end: number]> {
  for (let size = HEADER;; size *= 32) {
    const end = Math.min(from + size, to);
    const view = new DataView(await file.slice(from, end));
    const reader = { view, offset: 0 };
    try {
      const header = readFields(reader);
      return [header, from + reader.offset];
    } catch (thrown) {
      // It may go on behind what was read.
      if (end === to || size >= LONGEST_HEADER) throw thrown;
    }
  }
}

/**
 * Finds the pages of a column in a row group by their headers.
 *
 * @throws If a header is damaged or the pages have other rows than the group.
 */
export async function pagesOf(
  readFields: ReadFields,
  file: AsyncBuffer,
  chunk: Piece,
  rows: number,
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  let dictionary: Piece | null = null;
  let first = 0;
  for (let from = chunk.from; first < rows && from < chunk.to;) {
    const place = { from, to: chunk.to };
    const [header, end] = await headerAt(readFields, file, place);
    const to = end + checkHeader(header, chunk.to - end);
    const type = header["field_1"];
    const isNew = type === DATA_PAGE_V2;
    if (type === DICTIONARY_PAGE) dictionary = { from, to };
    if (type === DATA_PAGE || isNew) {
      const page = fieldsIn(header, isNew ? 8 : 5);
      const own = lengthIn(page, isNew ? 3 : 1, rows - first);
      const encoding = page[`field_${isNew ? 4 : 2}`];
      const isNumbered = BY_DICTIONARY.includes(Number(encoding));
      const unpacked = lengthIn(header, 2, Number.MAX_SAFE_INTEGER);
      const numbers = isNumbered ? dictionary : null;
      pages.push({ from, to, first, rows: own, unpacked, dictionary: numbers });
      first += own;
    }
    from = to;
  }
  if (first === rows) return pages;
  throw new Error(`${first} rows in pages, ${rows} in their group`);
}
