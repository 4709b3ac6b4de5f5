/**
 * Columns of images and classes in a Parquet file.
 *
 * @see {@link https://huggingface.co/docs/datasets/image_dataset}
 */
import type { FileMetaData, SchemaTree } from "npm:hyparquet@1.31.5";
import { LABEL_FIELDS } from "../class_labels.ts";
import { imageRank } from "../file_names.ts";

/** The columns of a file that are used. */
export interface ParquetColumns {
  /** Name of the column of images. */
  readonly image: string;
  /** Path of its bytes in the schema: `["image", "bytes"]`, or `["image"]`. */
  readonly path: readonly string[];
  /** Name of the column of classes, `null` if there is none. */
  readonly label: string | null;
  /** Names of the classes, if the file tells them. */
  readonly classNames: readonly string[] | null;
  /** Names of the other columns. */
  readonly others: readonly string[];
}

/** Hugging Face's description of a column, beside the schema. */
interface Feature {
  readonly _type?: unknown;
  readonly names?: unknown;
}

/** Bytes without a meaning, as opposed to texts and numbers. */
const isBinary = ({ element, children }: SchemaTree): boolean =>
  element.type === "BYTE_ARRAY" && children.length === 0 &&
  element.converted_type === undefined && element.logical_type === undefined;

/** A column of bytes by one of these names may hold image files. */
const FILE_NAME = /^(bytes|content|data|file|blob|binary|jpe?g|png|webp)$/i;

const isRepeated = ({ element }: SchemaTree): boolean =>
  element.repetition_type === "REPEATED";

/** Path of the bytes of image files in a column, `null` if it has none. */
function bytesPath(column: SchemaTree): readonly string[] | null {
  const { element: { name }, children } = column;
  if (isRepeated(column)) return null;
  const bytes = children.find(({ element }) => element.name === "bytes");
  if (bytes !== undefined) {
    const isFile = bytes.element.type === "BYTE_ARRAY" && !isRepeated(bytes);
    return isFile ? [name, "bytes"] : null;
  }
  const isNamed = imageRank(name) !== 1 || FILE_NAME.test(name);
  return isBinary(column) && isNamed ? [name] : null;
}

/** Columns by Hugging Face's metadata. */
function featuresOf(
  { key_value_metadata: pairs }: FileMetaData,
): Readonly<Record<string, Feature | undefined>> {
  const text = pairs?.find(({ key }) => key === "huggingface")?.value;
  try {
    return JSON.parse(text ?? "{}")?.info?.features ?? {};
  } catch {
    return {};
  }
}

function namesOf(feature: Feature | undefined): readonly string[] | null {
  const names = feature?.names;
  const isList = Array.isArray(names) && names.length > 0 &&
    names.every((name) => typeof name === "string");
  return isList ? names : null;
}

/** The best of some columns; the first of those that are as good. */
const best = (
  names: readonly string[],
  rank: (name: string) => number,
): string | undefined => [...names].sort((a, b) => rank(b) - rank(a))[0];

/**
 * The column of classes: one of a usual name, else one that is told to be one; lists
 * and records last.
 */
function labelAmong(
  columns: readonly SchemaTree[],
  features: Readonly<Record<string, Feature | undefined>>,
): string | null {
  const names = columns.map(({ element }) => element.name);
  const single = new Set(
    columns.filter(({ children }) => children.length === 0)
      .map(({ element }) => element.name),
  );
  const isClass = (name: string): boolean =>
    features[name]?._type === "ClassLabel" || namesOf(features[name]) !== null;
  const known = names.filter((name) =>
    LABEL_FIELDS.includes(name.toLowerCase()) || isClass(name)
  );
  const usual = (name: string): number => {
    const place = LABEL_FIELDS.indexOf(name.toLowerCase());
    return place < 0 ? 0 : LABEL_FIELDS.length - place;
  };
  return best(
    known,
    (name) =>
      usual(name) + (isClass(name) ? 100 : 0) + (single.has(name) ? 1000 : 0),
  ) ??
    null;
}

/**
 * Finds the columns of a file: of several with images the one called `image` or
 * the like, masks and depth last; of several with classes `label` first.
 *
 * @throws If no column holds images; what there is, is named.
 */
export function parquetColumns(
  metadata: FileMetaData,
  { children }: SchemaTree,
): ParquetColumns {
  const features = featuresOf(metadata);
  const names = children.map(({ element }) => element.name);
  const paths = new Map(children.flatMap((column) => {
    const path = bytesPath(column);
    return path === null ? [] : [[column.element.name, path] as const];
  }));
  const rank = (name: string): number =>
    imageRank(name) + (paths.get(name)?.length === 2 ? 0.5 : 0);
  const image = best([...paths.keys()], rank);
  const path = paths.get(image ?? "");
  if (image === undefined || path === undefined) {
    const lists = children.filter(({ element, children }) =>
      imageRank(element.name) === 2 && children.length > 0
    );
    throw new Error(
      lists.length > 0
        ? `a column ${lists[0]?.element.name} of lists or records without bytes`
        : `the columns ${names.join(", ")}, none of { bytes, path }`,
    );
  }
  const label = labelAmong(
    children.filter(({ element }) => !paths.has(element.name)),
    features,
  );
  return {
    image,
    path,
    label,
    classNames: label === null ? null : namesOf(features[label]),
    others: names.filter((name) => name !== image && name !== label),
  };
}
