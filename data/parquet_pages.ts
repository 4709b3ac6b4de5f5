/**
 * Pages of a Parquet file, looked at before the library reads them: it goes on for ever
 * where a damaged header lacks a length.
 *
 * @module
 * @see {@link https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift}
 */
import type { AsyncBuffer, FileMetaData } from "hyparquet";

/** A structure of Thrift: what it holds by the numbers of its fields. */
type Fields = Readonly<Record<string, unknown>>;

/** Reads a structure, from `offset` on, which it moves. */
export type ReadFields = (
  reader: { view: DataView; offset: number },
) => Fields;

/** `PageType.DATA_PAGE_V2`. */
const DATA_PAGE_V2 = 3;

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

/** Checks one header; gives the bytes of its page. */
function checkHeader(header: Fields, room: number): number {
  const size = lengthIn(header, 3, room);
  if (header["field_1"] !== DATA_PAGE_V2) return size;
  const page = (header["field_8"] ?? {}) as Fields;
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

/** Where a column of a row group lies in the file, bytes. */
interface Chunk {
  readonly from: number;
  readonly to: number;
}

const chunksOf = ({ row_groups: groups }: FileMetaData): readonly Chunk[] =>
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
 * @param readFields The library's reader of structures.
 * @param file The file.
 * @param metadata What it says of itself.
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
