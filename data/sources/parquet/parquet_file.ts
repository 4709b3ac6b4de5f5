/**
 * Parquet files with a column of images.
 *
 * @see {@link https://parquet.apache.org/docs/file-format/}
 */
import {} from "../../resources/disk.ts";
import type {
  AsyncBuffer,
  FileMetaData,
  SchemaElement,
  SchemaTree,
} from "npm:hyparquet@1.31.5";
import { kindOfBytes, type Result, right } from "../../../core/mod.ts";
import { badFile, type DataError, isMissing } from "../../report/data_error.ts";
import { bytesInWords } from "../../report/counts.ts";
import { type ParquetColumns, parquetColumns } from "./parquet_columns.ts";
import {
  bufferOf,
  damage,
  LARGEST_PAGE,
  parquetLibrary,
} from "./parquet_library.ts";
import {
  type ImageColumn,
  type PageImages,
  pageImages,
} from "./parquet_page_images.ts";
import {
  checkedPages,
  type Page,
  pagesOf,
  type Piece,
} from "./parquet_pages.ts";

/** Rows that are stored together. */
export interface RowGroup extends ImageColumn {
  /** Path of the file. */
  readonly path: string;
  /** First row. */
  readonly from: number;
  /** Rows. */
  readonly rows: number;
  /** Places of the bytes of its images. */
  readonly chunk: Piece;
}

/** A file before an image is read. */
export interface ParquetFile {
  /** Its row groups in order; none of a file without rows. */
  readonly groups: readonly RowGroup[];
  /** Its columns; `null` of a file without rows. */
  readonly columns: ParquetColumns | null;
  /** Stored class of each row; `null` for all where nothing does. */
  readonly labels: readonly unknown[];
  /** Fault of the column of classes; `null` if it can be read. */
  readonly labelFault: string | null;
  /** Bytes of the largest packed page that was met on opening. */
  readonly largestPacked: number;
  /**
   * Finds the pages of a row group.
   *
   * @param group One of `groups`.
   * @throws Fault of the row group.
   */
  readPages(group: RowGroup): Promise<readonly Page[]>;
  /**
   * Reads the images of a page.
   *
   * @param group One of `groups`.
   * @param page One of its pages.
   * @throws Fault of the page.
   */
  readPage(group: RowGroup, page: Page): Promise<PageImages>;
}

/** Pages of a larger group are looked at when the file is opened, bytes. */
const LARGE_GROUP = 2 ** 25;

/** Elements of the schema along a path. */
function elementsAt(
  schema: SchemaTree,
  path: readonly string[],
): readonly SchemaElement[] {
  const elements: SchemaElement[] = [];
  let node: SchemaTree | undefined = schema;
  for (const name of path) {
    node = node?.children.find(({ element }) => element.name === name);
    if (node !== undefined) elements.push(node.element);
  }
  return elements;
}

/** Row groups with the rows that they say they have, checked against the file. */
function groupsOf(
  path: string,
  size: number,
  metadata: FileMetaData,
  elements: readonly SchemaElement[],
): readonly RowGroup[] {
  const name = elements.map(({ name }) => name).join(".");
  let from = 0;
  const groups = metadata.row_groups.map((group) => {
    const rows = Number(group.num_rows);
    // An image has at least a byte; what says otherwise is damaged.
    if (!(rows >= 0 && rows <= size)) {
      throw new Error(`a group of ${rows} rows`);
    }
    const column = group.columns.find(({ meta_data: data }) =>
      data?.path_in_schema.join(".") === name
    );
    const stored = column?.meta_data;
    if (stored === undefined || column?.file_path) {
      throw new Error(`a group without the column ${name}`);
    }
    const first = stored.dictionary_page_offset || stored.data_page_offset;
    const start = Number(first);
    const chunk = {
      from: start,
      to: start + Number(stored.total_compressed_size),
    };
    const placed = { path, from, rows, chunk, elements, stored };
    from += rows;
    return placed;
  });
  if (from === Number(metadata.num_rows)) return groups;
  throw new Error(`${from} rows in groups, ${metadata.num_rows} in all`);
}

/** Refuses files that hold nothing but the paths of images. */
function checkBytes(
  groups: readonly RowGroup[],
  columns: ParquetColumns,
): void {
  const blank = groups.every(({ rows, stored }) =>
    Number(stored.statistics?.null_count ?? -1) === rows
  );
  if (groups.length === 0 || !blank) return;
  throw new Error(
    `a column ${columns.image} of paths without bytes, as it is written where ` +
      "images are not embedded",
  );
}

/** Reads all rows of a column. */
async function readColumn(
  file: AsyncBuffer,
  metadata: FileMetaData,
  column: string,
): Promise<readonly unknown[]> {
  const { parquetReadObjects, compressors } = await parquetLibrary();
  const options = { file, metadata, columns: [column], compressors };
  const read = await parquetReadObjects({ ...options, utf8: false });
  const rows = Number(metadata.num_rows);
  if (read.length === rows) return read.map((row) => row[column]);
  throw new Error(`${read.length} rows where ${rows} are wanted`);
}

/** Stored classes, or why they cannot be read: images can all the same. */
async function labelsOf(
  file: AsyncBuffer,
  metadata: FileMetaData,
  label: string | null,
): Promise<Pick<ParquetFile, "labels" | "labelFault">> {
  const none = Array<null>(Number(metadata.num_rows)).fill(null);
  if (label === null) return { labels: none, labelFault: null };
  try {
    const labels = await readColumn(file, metadata, label);
    return { labels, labelFault: null };
  } catch (thrown) {
    const labelFault = `the column ${label} cannot be read: ${damage(thrown)}`;
    return { labels: none, labelFault };
  }
}

/**
 * Bytes of the largest packed page; those of large groups are looked at, all where
 * a page may be larger than memory allows, else those of the first one.
 */
async function largestPacked(
  groups: readonly RowGroup[],
  readPages: ParquetFile["readPages"],
): Promise<number> {
  const sizeOf = ({ stored }: RowGroup): number =>
    Number(stored.total_uncompressed_size);
  const first = groups.find((group) => sizeOf(group) > LARGE_GROUP);
  let largest = 0;
  for (const group of groups) {
    if (sizeOf(group) <= LARGEST_PAGE && group !== first) continue;
    for (const { unpacked } of await readPages(group)) {
      if (unpacked > LARGEST_PAGE) {
        throw new Error(
          `a page of ${bytesInWords(unpacked)}, more than is read at once ` +
            `(${bytesInWords(LARGEST_PAGE)}); smaller row groups help, ` +
            "for example row_group_size=100 in pyarrow and pandas",
        );
      }
      const isPacked = group.stored.codec !== "UNCOMPRESSED";
      if (isPacked) largest = Math.max(largest, unpacked);
    }
  }
  return largest;
}

const WITHOUT_ROWS: ParquetFile = {
  groups: [],
  columns: null,
  labels: [],
  labelFault: null,
  largestPacked: 0,
  readPages: () => Promise.resolve([]),
  readPage: () => Promise.resolve({ images: [], offsets: null }),
};

async function opened(path: string): Promise<ParquetFile> {
  const { parquetMetadataAsync, parquetSchema, readFields } =
    await parquetLibrary();
  const whole = await bufferOf(path);
  if (whole.byteLength === 0) return WITHOUT_ROWS;
  const metadata = await parquetMetadataAsync(whole);
  const schema = parquetSchema(metadata);
  const rows = metadata.row_groups.map((group) => Number(group.num_rows));
  if ([Number(metadata.num_rows), ...rows].every((count) => count === 0)) {
    return WITHOUT_ROWS;
  }
  const columns = parquetColumns(metadata, schema);
  const elements = elementsAt(schema, columns.path);
  const groups = groupsOf(path, whole.byteLength, metadata, elements);
  checkBytes(groups, columns);
  const readPages = async ({ chunk, rows }: RowGroup) => {
    try {
      return await pagesOf(readFields, whole, chunk, rows);
    } catch (thrown) {
      throw new Error(damage(thrown), { cause: thrown });
    }
  };
  const file = checkedPages(readFields, whole, metadata);
  return {
    groups: groups.filter(({ rows }) => rows > 0),
    columns,
    ...await labelsOf(file, metadata, columns.label),
    largestPacked: await largestPacked(groups, readPages),
    readPages,
    readPage: (group, page) => pageImages(whole, group, page),
  };
}

/** Kind of a file that does not end as Parquet files do. */
async function kindOf(path: string, reason: string): Promise<string> {
  if (!/PAR1|too short/.test(reason)) return reason;
  const file = await bufferOf(path);
  const head = new Uint8Array(
    await file.slice(0, Math.min(512, file.byteLength)),
  );
  const mark = new TextDecoder("latin1").decode(head.subarray(0, 4));
  if (mark === "PARE") return "an encrypted Parquet file";
  return mark === "PAR1"
    ? "a Parquet file that was cut off, without its end"
    : kindOfBytes(head) ?? "a file that is no Parquet file";
}

/** Opens a Parquet file with images: reads what it says of itself and the classes. */
export async function parquetFile(
  path: string,
): Promise<Result<DataError, ParquetFile>> {
  const wanted = "a Parquet file with a column of images";
  try {
    return right(await opened(path));
  } catch (error) {
    const missing = isMissing(error);
    const reason = damage(error);
    const found = missing
      ? "nothing"
      : await kindOf(path, reason).catch(() => reason);
    return badFile(path, found, wanted);
  }
}
