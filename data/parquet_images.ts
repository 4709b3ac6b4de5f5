/**
 * Images and their classes in Parquet files, as Hugging Face stores ImageNet.
 *
 * @see {@link https://huggingface.co/docs/datasets/image_dataset}
 *
 * @module
 */
import { left, type Result, right } from "../core/mod.ts";
import { counted } from "./counted.ts";
import { type DataError, reasonOf } from "./data_error.ts";
import type { ImageSource } from "./image_source.ts";
import { IMAGENET_NORMALIZATION } from "./normalization.ts";
import {
  type ParquetFile,
  parquetFile,
  type RowGroup,
} from "./parquet_file.ts";
import { recent } from "./recent.ts";

/** Bytes of row groups that are kept; a group of a hundred photographs has 11 MB. */
const KEPT = 2 ** 28;

/** A row group and the file that can read it. */
interface Group extends RowGroup {
  readonly file: ParquetFile;
  /** Index in the source of its first image. */
  readonly first: number;
}

const badFile = (
  path: string,
  found: string,
  wanted: string,
): Result<DataError, never> => left({ _tag: "BadFile", path, found, wanted });

function groupsOf(files: readonly ParquetFile[]): readonly Group[] {
  let first = 0;
  return files.flatMap((file) =>
    file.groups.filter(({ rows }) => rows > 0).map((group) => {
      const placed = { ...group, file, first };
      first += group.rows;
      return placed;
    })
  );
}

/** The last group that begins at or before an image. */
function groupAt(groups: readonly Group[], index: number): Group | undefined {
  let [low, high] = [0, groups.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((groups[middle]?.first ?? Infinity) <= index) low = middle;
    else high = middle;
  }
  return groups[low];
}

/** Classes of all files, or `null` if none has them. */
function labelsOf(
  files: readonly ParquetFile[],
): Int32Array | null | "for a part" {
  const labels = files.flatMap(({ labels }) => labels ?? []);
  if (labels.length === 0) return null;
  if (labels.length < files.length) return "for a part";
  const all = new Int32Array(
    labels.reduce((sum, { length }) => sum + length, 0),
  );
  labels.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** Names of classes: those of the first file, else numbers. */
function namesOf(
  files: readonly ParquetFile[],
  labels: Int32Array,
): readonly string[] {
  const classes = labels.reduce((most, label) => Math.max(most, label + 1), 0);
  const told = files.find(({ classNames }) => classNames !== null)?.classNames;
  return told && told.length >= classes
    ? told
    : Array.from({ length: classes }, (_, i) => String(i));
}

const bytesOf = (images: readonly (Uint8Array | null)[]): number =>
  images.reduce((sum, image) => sum + (image?.length ?? 0), 0);

function sourceOf(
  name: string,
  files: readonly ParquetFile[],
  labels: Int32Array | null,
): ImageSource {
  const groups = groupsOf(files);
  const last = groups.at(-1);
  const length = last === undefined ? 0 : last.first + last.rows;
  const classNames = labels === null ? null : namesOf(files, labels);
  const imagesOf = recent(
    KEPT,
    bytesOf,
    (group: Group) => group.file.readImages(group),
  );
  const nameOf = (index: number): string => {
    const group = groupAt(groups, index);
    return group === undefined
      ? `${name}, image ${index}`
      : `${group.path}:${group.from + index - group.first}`;
  };
  const classes = classNames === null
    ? ""
    : ` in ${counted(classNames.length, "class")}`;
  const stored = `${counted(groups.length, "row group")} in ${
    counted(files.length, "Parquet file")
  }`;
  return {
    name,
    summary: `${counted(length, "image")}${classes} (${stored})`,
    length,
    classNames,
    normalization: IMAGENET_NORMALIZATION,
    label: (index) => labels?.[index] ?? null,
    imageName: nameOf,
    read: async (index) => {
      const bad = (reason: string): Result<DataError, never> =>
        left({ _tag: "BadImage", image: nameOf(index), reason });
      const group = groupAt(groups, index);
      if (group === undefined) return bad("there is no such image");
      try {
        const bytes = (await imagesOf(group))[index - group.first];
        return bytes
          ? right({ _tag: "EncodedImage", bytes })
          : bad("the row holds no bytes");
      } catch (error) {
        return bad(reasonOf(error));
      }
    },
  };
}

/**
 * Images of Parquet files with a column of records `{ bytes, path }` and, for
 * classes, a column `label` (or `labels`, `fine_label`) of whole numbers, in any
 * compression. Names of classes are those that Hugging Face's metadata tell, else
 * numbers.
 *
 * Classes are read at once. Images are read a row group at a time; 256 MB of row
 * groups are kept. Random order over more than that reads a group for each image:
 * a folder or tar archives are faster then.
 *
 * @param name Name of the source, for messages.
 * @param paths The files, in order.
 * @returns A source, labelled if the files are; or what is wrong: a file that is
 * missing or damaged, has no column of images, or classes for a part only.
 */
export async function parquetImages(
  name: string,
  paths: readonly string[],
): Promise<Result<DataError, ImageSource>> {
  const files: ParquetFile[] = [];
  for (const path of paths) {
    const file = await parquetFile(path);
    if (file._tag === "Left") return file;
    files.push(file.right);
  }
  if (files.length === 0) return badFile(name, "no file", "Parquet files");
  const labels = labelsOf(files);
  return labels === "for a part"
    ? badFile(name, "files with and without classes", "classes in all or none")
    : right(sourceOf(name, files, labels));
}
