import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import type { AsyncBuffer } from "hyparquet";
import { parquetLibrary } from "../../../../data/sources/parquet/parquet_library.ts";
import {
  type Page,
  pagesOf,
} from "../../../../data/sources/parquet/parquet_pages.ts";
import { joined } from "../../archives.ts";
import { pageOf, type PageParts } from "./parquet_by_hand.ts";

/** A file that counts how many bytes were read of it. */
function counting(bytes: Uint8Array) {
  let read = 0;
  const file: AsyncBuffer = {
    byteLength: bytes.length,
    slice: (from, to = bytes.length) => {
      read += to - from;
      return bytes.slice(from, to).buffer as ArrayBuffer;
    },
  };
  return { file, read: () => read };
}

async function found(
  parts: readonly PageParts[],
  rows: number,
): Promise<readonly Page[]> {
  const { readFields } = await parquetLibrary();
  const { file } = counting(joined(...parts.map(pageOf)));
  const chunk = { from: 0, to: file.byteLength };
  return await pagesOf(readFields, file, chunk, rows);
}

Deno.test("pagesOf() finds pages of both versions, their rows and the dictionary of those that number its values", async () => {
  const parts: readonly PageParts[] = [
    { type: 2, rows: 3, size: 70 },
    { type: 0, rows: 5, encoding: 8, size: 100 },
    { type: 3, rows: 2, encoding: 2, size: 40, unpacked: 90 },
    { type: 0, rows: 4, size: 3000 },
  ];
  const ends = parts.map((_, i) =>
    joined(...parts.slice(0, i + 1).map(pageOf)).length
  );
  const dictionary = { from: 0, to: ends[0] };
  deepStrictEqual(await found(parts, 11), [
    {
      from: ends[0],
      to: ends[1],
      first: 0,
      rows: 5,
      unpacked: 100,
      dictionary,
    },
    { from: ends[1], to: ends[2], first: 5, rows: 2, unpacked: 90, dictionary },
    {
      ...{ from: ends[2], to: ends[3], first: 7, rows: 4, unpacked: 3000 },
      dictionary: null,
    },
  ]);
});

Deno.test("pagesOf() reads headers only, long ones too", async () => {
  const { readFields } = await parquetLibrary();
  const pages = Array.from(
    { length: 4 },
    () => pageOf({ type: 0, rows: 1, size: 200_000 }),
  );
  const { file, read } = counting(joined(...pages));
  const chunk = { from: 0, to: file.byteLength };
  strictEqual((await pagesOf(readFields, file, chunk, 4)).length, 4);
  ok(read() < 4000, `${read()} bytes of ${file.byteLength}`);
  const long: PageParts = { type: 0, rows: 1, size: 60_000, least: 20_000 };
  const [page] = await found([long], 1);
  strictEqual(page?.to, pageOf(long).length);
});

Deno.test("pagesOf() refuses other rows than the group has, and headers that are cut off", async () => {
  const page: PageParts = { type: 0, rows: 3, size: 100 };
  await rejects(found([page], 4), /3 rows in pages, 4 in their group/);
  await rejects(found([page], 2), /a page header with a length of 3/);
  const { readFields } = await parquetLibrary();
  const { file } = counting(pageOf(page));
  await rejects(pagesOf(readFields, file, { from: 0, to: 60 }, 3), /length of/);
  await rejects(pagesOf(readFields, file, { from: 0, to: 5 }, 3));
});
