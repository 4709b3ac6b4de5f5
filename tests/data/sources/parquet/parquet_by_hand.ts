/**
 * Parquet files that no library writes.
 *
 * @module
 */
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { StoredColumn } from "../../archives.ts";

/** A number of Thrift's compact protocol. */
function varint(value: number): readonly number[] {
  const zigzag = 2 * value;
  const bytes: number[] = [];
  let rest = zigzag;
  for (; rest > 127; rest = Math.floor(rest / 128)) {
    bytes.push(rest % 128 + 128);
  }
  return [...bytes, rest];
}

/** What a page says of itself. */
export interface PageParts {
  /** 0 for values, 2 for a dictionary, 3 for values of the second version. */
  readonly type: 0 | 2 | 3;
  readonly rows: number;
  /** 0 for plain values, 2 and 8 for numbers of a dictionary. */
  readonly encoding?: number;
  /** Bytes of the page, and those that it says it has unpacked. */
  readonly size: number;
  readonly unpacked?: number;
  /** Bytes of the smallest value, which some writers put into the header. */
  readonly least?: number;
}

/** A page with a header written by hand. */
export function pageOf(
  { type, rows, encoding = 0, size, unpacked = size, least = 0 }: PageParts,
): Uint8Array {
  const statistics = least === 0 ? [] : [
    // The fifth field: statistics with the least value as bytes of a length.
    ...[0x1c, 0x28, ...varint(least / 2), ...Array<number>(least).fill(7)],
    0,
  ];
  const rowsOfIt = [0x15, ...varint(rows), 0x15, ...varint(encoding)];
  const old = [...rowsOfIt, 0x15, 6, 0x15, 6, ...statistics, 0];
  const dictionary = [...rowsOfIt, 0];
  const recent = [
    ...[0x15, ...varint(rows), 0x15, 0, 0x15, ...varint(rows)],
    ...[0x15, ...varint(encoding), 0x15, 0, 0x15, 0, 0],
  ];
  const own = {
    0: [0x2c, ...old],
    2: [0x4c, ...dictionary],
    3: [0x5c, ...recent],
  }[type];
  return Uint8Array.from([
    ...[0x15, ...varint(type), 0x15, ...varint(unpacked)],
    ...[0x15, ...varint(size), ...own, 0],
    ...Array<number>(size).fill(0xee),
  ]);
}

/** What a file says of the bytes of its images, and the pages that stand there. */
export interface HandChunk {
  /** Bytes unpacked that the column says it has. */
  readonly unpacked: bigint;
  /** Pages in the place of those that were written. */
  readonly pages?: Uint8Array;
}

/** A Parquet file of one row group whose first column is described by hand. */
export function parquetByHand(
  columns: readonly StoredColumn[],
  { unpacked, pages }: HandChunk,
): Uint8Array {
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: [
      { name: "root", num_children: columns.length },
      ...columns.flatMap(({ schema }) => schema),
    ],
  });
  file.write({ columnData: columns.map(({ data }) => data), pageSize: 10_000 });
  const data = file.row_groups[0]?.columns[0]?.meta_data;
  if (data === undefined) throw new Error("no column was written");
  data.total_uncompressed_size = unpacked;
  if (pages !== undefined) {
    data.data_page_offset = BigInt(writer.offset);
    delete data.dictionary_page_offset;
    data.total_compressed_size = BigInt(pages.length);
    writer.appendBytes(pages);
  }
  file.finish();
  return new Uint8Array(writer.getBuffer());
}
