/** The images of a page of a Parquet file. */
import type {
  AsyncBuffer,
  ColumnMetaData,
  FileMetaData,
  SchemaElement,
} from "npm:hyparquet@1.31.5";
import { damage, LARGEST_PAGE, parquetLibrary } from "./parquet_library.ts";
import type { Page, Piece } from "./parquet_pages.ts";

/** Images of a page, and where in the file they lie if nothing packs them. */
export interface PageImages {
  /** The encoded image of each row, `null` where there is none. */
  readonly images: readonly (Uint8Array | null)[];
  /** First byte in the file of each image; `null` where a page is packed. */
  readonly offsets: Float64Array | null;
}

/** A column of images in a row group. */
export interface ImageColumn {
  /** Its elements from the column down to the bytes. */
  readonly elements: readonly SchemaElement[];
  /** Its column in the row group. */
  readonly stored: ColumnMetaData;
}

/** The same column in a file of nothing but one page and its dictionary. */
function metadataOf(
  { elements, stored }: ImageColumn,
  size: number,
  rows: number,
): FileMetaData {
  const { dictionary_page_offset: _, ...rest } = stored;
  const depth = elements.length - 1;
  return {
    version: 1,
    schema: [
      { name: "root", num_children: 1 },
      ...elements.map((element, i) =>
        i < depth ? { ...element, num_children: 1 } : element
      ),
    ],
    num_rows: BigInt(rows),
    row_groups: [{
      columns: [{
        file_offset: 0n,
        meta_data: {
          ...rest,
          data_page_offset: 0n,
          total_compressed_size: BigInt(size),
          num_values: BigInt(rows),
        },
      }],
      total_byte_size: BigInt(size),
      num_rows: BigInt(rows),
    }],
    metadata_length: 0,
  };
}

/** Bytes in memory as a file, not copied where all are asked for. */
const inMemory = (bytes: ArrayBuffer): AsyncBuffer => ({
  byteLength: bytes.byteLength,
  slice: (start, end = bytes.byteLength) =>
    start === 0 && end === bytes.byteLength ? bytes : bytes.slice(start, end),
});

/** Reads pieces of a file one behind the other. */
async function readPieces(
  file: AsyncBuffer,
  pieces: readonly Piece[],
): Promise<ArrayBuffer> {
  const [only, ...more] = pieces;
  if (only !== undefined && more.length === 0) {
    return await file.slice(only.from, only.to);
  }
  const size = pieces.reduce((sum, { from, to }) => sum + to - from, 0);
  const all = new Uint8Array(size);
  let at = 0;
  for (const { from, to } of pieces) {
    all.set(new Uint8Array(await file.slice(from, to)), at);
    at += to - from;
  }
  return all.buffer;
}

/** Bytes of an image of a row, `null` where there are none. */
function bytesOf(value: unknown): Uint8Array | null {
  const bytes = (value as { bytes?: unknown } | null)?.bytes ?? value;
  return bytes instanceof Uint8Array ? bytes : null;
}

/** Places of images in a file, if they are parts of what was read of it. */
function offsetsOf(
  images: PageImages["images"],
  bytes: ArrayBuffer,
  pieces: readonly Piece[],
): Float64Array | null {
  if (images.some((image) => image !== null && image.buffer !== bytes)) {
    return null;
  }
  const [first = { from: 0, to: 0 }, second = first] = pieces;
  const length = first.to - first.from;
  return Float64Array.from(images, (image) => {
    if (image === null) return -1;
    const at = image.byteOffset;
    return at < length ? first.from + at : second.from + at - length;
  });
}

/**
 * Reads the images of a page.
 *
 * @throws Fault of the page.
 */
export async function pageImages(
  file: AsyncBuffer,
  column: ImageColumn,
  page: Page,
): Promise<PageImages> {
  const { dictionary, rows, unpacked } = page;
  const pieces = dictionary === null ? [page] : [dictionary, page];
  const size = pieces.reduce((sum, { from, to }) => sum + to - from, 0);
  if (Math.max(size, unpacked) > LARGEST_PAGE) {
    throw new Error(`a page of ${Math.max(size, unpacked)} bytes`);
  }
  try {
    const { parquetReadObjects, compressors } = await parquetLibrary();
    const bytes = await readPieces(file, pieces);
    const name = column.elements[0]?.name ?? "";
    const read = await parquetReadObjects({
      file: inMemory(bytes),
      metadata: metadataOf(column, size, rows),
      columns: [name],
      compressors,
      utf8: false,
    });
    if (read.length !== rows) {
      throw new Error(`${read.length} rows where ${rows} are wanted`);
    }
    const images = read.map((row) => bytesOf(row[name]));
    return { images, offsets: offsetsOf(images, bytes, pieces) };
  } catch (thrown) {
    throw new Error(damage(thrown), { cause: thrown });
  }
}
