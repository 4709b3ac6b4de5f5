/**
 * Images and their classes in Parquet files, as Hugging Face stores ImageNet.
 *
 * @see {@link https://huggingface.co/docs/datasets/image_dataset}
 */
import { LRUCache } from "npm:lru-cache@11.2.2";
import { printable, type Result, right } from "../../../core/mod.ts";
import {
  type ClassLabels,
  classLabels,
  inClasses,
  labelAt,
} from "../class_labels.ts";
import { bytesInWords, counted, Tally } from "../../report/counts.ts";
import {
  badFile,
  badImage,
  type DataError,
  reasonOf,
} from "../../report/data_error.ts";
import type { ImageSource } from "../../image/image_source.ts";
import { IMAGENET_NORMALIZATION } from "../../image/normalization.ts";
import {
  type ParquetFile,
  parquetFile,
  type RowGroup,
} from "./parquet_file.ts";
import type { PageImages } from "./parquet_page_images.ts";
import type { Page } from "./parquet_pages.ts";
import { disposing } from "../../resources/disposing.ts";
import { availableMemory } from "../../resources/available_memory.ts";
import { semaphore } from "../../resources/semaphore.ts";
import { readRange } from "../read_file.ts";

/**
 * Bytes of unpacked pages that are kept: an eighth of the memory that is free within
 * these limits, the lower one where the memory's size may not be read.
 */
const KEPT = { least: 2 ** 28, most: 2 ** 31, part: 1 / 8 } as const;
/** Pages that are read at the same time: each may take much memory. */
const AT_ONCE = 2;
/** A packed page of more bytes makes images in random order slow. */
const SLOW_PAGE = 2 ** 25;

/** A row group and the file that can read it. */
interface Group extends RowGroup {
  readonly file: ParquetFile;
  /** Index in the source of its first image. */
  readonly first: number;
}

/** A page and the row group that it is a part of. */
interface PlacedPage extends Page {
  readonly group: Group;
}

/** Images in memory, or the places in the file where they can be read. */
type Content =
  | { readonly _tag: "Images"; readonly images: PageImages["images"] }
  | {
    readonly _tag: "Places";
    readonly offsets: Float64Array;
    readonly sizes: Uint32Array;
  };

function groupsOf(files: readonly ParquetFile[]): readonly Group[] {
  let first = 0;
  return files.flatMap((file) =>
    file.groups.map((group) => {
      const placed = { ...group, file, first };
      first += group.rows;
      return placed;
    })
  );
}

/** The last of some things in order that begins at or before a row. */
function lastAt<A extends { readonly first: number }>(
  all: readonly A[],
  row: number,
): A | undefined {
  let [low, high] = [0, all.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((all[middle]?.first ?? Infinity) <= row) low = middle;
    else high = middle;
  }
  return all[low];
}

function contentOf({ images, offsets }: PageImages): Content {
  if (offsets === null) return { _tag: "Images", images };
  const sizes = Uint32Array.from(images, (image) => image?.length ?? 0);
  return { _tag: "Places", offsets, sizes };
}

const memoryOf = (content: Content): number =>
  content._tag === "Images"
    ? content.images.reduce((sum, image) => sum + (image?.length ?? 0), 0)
    : content.offsets.byteLength + content.sizes.byteLength;

function keptBytes(): number {
  const available = availableMemory();
  if (available === null) return KEPT.least;
  return Math.floor(
    Math.min(KEPT.most, Math.max(KEPT.least, available * KEPT.part)),
  );
}

/** Reads the bytes of an image by its group and its row there; `null` if there are none. */
type ReadRow = (group: Group, row: number) => Promise<Uint8Array | null>;

/** Reads images; headers of pages are read once, and unpacked pages are kept for a while. */
function rowReader(kept: number): ReadRow {
  const pages = new Map<Group, Promise<readonly PlacedPage[]>>();
  const pagesIn = (group: Group): Promise<readonly PlacedPage[]> => {
    const known = pages.get(group);
    if (known !== undefined) return known;
    const found = group.file.readPages(group).then((all) =>
      all.map((page) => ({ ...page, group }))
    );
    pages.set(group, found);
    found.catch(() => pages.delete(group));
    return found;
  };
  const place = semaphore(AT_ONCE);
  const contents = new LRUCache<PlacedPage, Content>({
    maxSize: kept,
    // The newest page is kept whatever its size.
    sizeCalculation: (content) =>
      Math.min(kept, Math.max(1, memoryOf(content))),
    ignoreFetchAbort: true,
    fetchMethod: (page) =>
      disposing(
        place(),
        async () => contentOf(await page.group.file.readPage(page.group, page)),
      ),
  });
  return async (group, row) => {
    const page = lastAt(await pagesIn(group), row);
    if (page === undefined) return null;
    const content = await contents.forceFetch(page);
    const own = row - page.first;
    // A copy, so that an image does not hold the memory of its page.
    if (content._tag === "Images") return content.images[own]?.slice() ?? null;
    const offset = content.offsets[own] ?? -1;
    if (offset < 0) return null;
    return await readRange(group.path, offset, content.sizes[own] ?? 0);
  };
}

/** The last part of a path. */
const fileName = (path: string): string =>
  path.slice(path.lastIndexOf("/") + 1);

/** Columns that were taken, where it is not plain, and that were not. */
function columnNotes(files: readonly ParquetFile[]): readonly string[] {
  const columns = files.flatMap(({ columns }) => columns ?? []);
  const all = (
    names: readonly (string | null)[],
  ): readonly string[] => [...new Set(names.filter((name) => name !== null))];
  const images = all(columns.map(({ image }) => image));
  const labels = all(columns.map(({ label }) => label));
  const others = all(columns.flatMap(({ others }) => others));
  const [shown, hidden] = [others.slice(0, 8), others.slice(8)];
  if (hidden.length > 0) shown.push("…");
  const isPlain = others.length === 0 && images.join() === "image" &&
    /^(label)?$/.test(labels.join());
  return isPlain ? [] : [
    `images from ${images.join(" or ")}`,
    ...labels.length === 0 ? [] : [`classes from ${labels.join(" or ")}`],
    ...shown.length === 0 ? [] : [`columns left out: ${shown.join(", ")}`],
  ];
}

/** Rows without an image, as far as files tell without being read. */
function blankNote(groups: readonly Group[]): readonly string[] {
  const blank = groups.reduce(
    (sum, { stored }) => sum + Number(stored.statistics?.null_count ?? 0),
    0,
  );
  return blank === 0 ? [] : [`${counted(blank, "row")} without bytes`];
}

/** Large packed pages that are not kept all: each image in random order unpacks one. */
function slowNote(
  files: readonly ParquetFile[],
  groups: readonly Group[],
  kept: number,
): readonly string[] {
  const largest = files.reduce(
    (most, { largestPacked }) => Math.max(most, largestPacked),
    0,
  );
  const unpacked = groups.reduce(
    (sum, { stored }) => sum + Number(stored.total_uncompressed_size),
    0,
  );
  return largest <= SLOW_PAGE || unpacked <= kept ? [] : [
    `slow in random order: ${
      bytesInWords(largest)
    } are unpacked for an image; ` +
    "row groups of 100 rows or files without compression are faster",
  ];
}

/** Summary: found, chosen and skipped. */
function summaryOf(
  files: readonly ParquetFile[],
  groups: readonly Group[],
  { classNames, notes }: ClassLabels,
  labelFault: string | null,
  empty: Tally,
  kept: number,
): string {
  const length = groups.reduce((sum, { rows }) => sum + rows, 0);
  const all = [
    `${counted(groups.length, "row group")} in ${
      counted(files.length, "Parquet file")
    }`,
    ...columnNotes(files),
    ...notes,
    ...labelFault === null ? [] : [`no classes: ${labelFault}`],
    ...empty.isEmpty ? [] : [`passed over: ${empty.words}`],
    ...blankNote(groups),
    ...slowNote(files, groups, kept),
  ];
  return printable(
    `${counted(length, "image")}${inClasses(classNames)} (${all.join("; ")})`,
  );
}

function sourceOf(
  name: string,
  files: readonly ParquetFile[],
  empty: Tally,
): ImageSource {
  const groups = groupsOf(files);
  const last = groups.at(-1);
  const nameOf = (index: number): string => {
    const group = lastAt(groups, index);
    return group === undefined
      ? `${name}, image ${index}`
      : `${group.path}:${group.from + index - group.first}`;
  };
  const labels = classLabels(
    files.map(({ labels, columns }) => ({
      values: labels,
      names: columns?.classNames ?? null,
    })),
    (index) => fileName(nameOf(index)),
  );
  const unread = files.find(({ labelFault }) => labelFault !== null);
  const labelFault = labels.fault ?? unread?.labelFault ?? null;
  const kept = keptBytes();
  const readRow = rowReader(kept);
  return {
    name,
    summary: summaryOf(files, groups, labels, labelFault, empty, kept),
    length: last === undefined ? 0 : last.first + last.rows,
    classNames: labels.classNames,
    labelFault,
    normalization: IMAGENET_NORMALIZATION,
    label: labelAt(labels),
    imageName: nameOf,
    // Rows have no sizes of their own before they are read: the mean of their group.
    bytes: (index) => {
      const { stored, rows = NaN } = lastAt(groups, index) ?? {};
      const mean = Number(stored?.total_uncompressed_size) / rows;
      return Promise.resolve(Number.isFinite(mean) ? mean : null);
    },
    read: async (index) => {
      const bad = (reason: string) => badImage(nameOf(index), reason);
      const group = lastAt(groups, index);
      if (group === undefined || index - group.first >= group.rows) {
        return bad("there is no such image");
      }
      try {
        const bytes = await readRow(group, index - group.first);
        return bytes === null
          ? bad("the row holds no bytes")
          : right({ _tag: "EncodedImage", bytes });
      } catch (error) {
        return bad(reasonOf(error));
      }
    },
  };
}

/**
 * Images of Parquet files with a column of records `{ bytes, path }` or of bytes
 * and, for classes, a column `label` or the like of numbers or names, in any
 * compression. Of several columns of images the one called `image` is taken, masks
 * and depth last. Names of classes are those that Hugging Face's metadata tell, else
 * those that stand there.
 *
 * Classes are read at once. Images are read a page at a time, the pages of a row
 * group found by their headers; 256 MB of unpacked pages are kept. Images that
 * nothing packs are read by their places in the file. Random order over packed pages
 * unpacks a page for each image: where pages are large, folders, tar archives or files
 * without compression are faster, and the summary says so. It also says which columns
 * were taken where there was a choice, and counts images without a label.
 *
 * @param name Name of the source, for messages.
 * @param paths The files, in order; those without rows are passed over.
 * @returns A source, labelled if there are classes; or what is wrong: a file that is
 * missing or damaged, has no column of images, or pages of more than 1 GiB.
 */
export async function parquetImages(
  name: string,
  paths: readonly string[],
): Promise<Result<DataError, ImageSource>> {
  const files: ParquetFile[] = [];
  const empty = new Tally();
  for (const path of paths) {
    const file = await parquetFile(path);
    if (file._tag === "Left") return file;
    if (file.right.groups.length > 0) files.push(file.right);
    else empty.add("without rows", fileName(path));
  }
  if (files.length > 0) return right(sourceOf(name, files, empty));
  const [path = name] = paths;
  const found = paths.length === 0 ? "no file" : "no row";
  return badFile(path, found, "a Parquet file with a column of images");
}
