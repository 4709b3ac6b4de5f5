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
function checkChunk(readFields: ReadFields, chunk: ArrayBuffer): void {
  const reader = { view: new DataView(chunk), offset: 0 };
  // The library stops before a last byte.
  while (reader.offset < chunk.byteLength - 1) {
    const header = readFields(reader);
    reader.offset += checkHeader(header, chunk.byteLength - reader.offset);
  }
}

/**
 * Checks the page headers of a column.
 *
 * @param readFields The library's reader of structures.
 * @param file The file.
 * @param metadata What it says of itself.
 * @param column Name of the column.
 * @param from First row that is wanted.
 * @param rows How many are.
 * @throws If a header is damaged.
 */
export async function checkPages(
  readFields: ReadFields,
  file: AsyncBuffer,
  metadata: FileMetaData,
  column: string,
  from: number,
  rows: number,
): Promise<void> {
  let start = 0;
  for (const { num_rows: count, columns } of metadata.row_groups) {
    const end = start + Number(count);
    const isWanted = start < from + rows && end > from;
    start = end;
    if (!isWanted) continue;
    for (const { meta_data: chunk } of columns) {
      if (chunk?.path_in_schema[0] !== column) continue;

      const first = Number(
        chunk.dictionary_page_offset || chunk.data_page_offset,
      );
      const last = first + Number(chunk.total_compressed_size);
      checkChunk(readFields, await file.slice(first, last));
    }
  }
}
