/** Contents of a folder that may be opened as a source, and what a source leaves of it. */
import { type Result, right } from "../../../core/mod.ts";
import { badFolder, type DataError } from "../../report/data_error.ts";
import { isImageName } from "../../image/image_format.ts";
import type { ImageSource, Split } from "../../image/image_source.ts";
import {
  type FolderContent,
  folderContent,
  type Holding,
  holdingBelow,
  isArchive,
  someOf,
} from "../folder/folder_content.ts";

/** A source, or what is wrong. */
export type Opened = Result<DataError, ImageSource>;

/** Opens a kind that it knows, or gives `null`. */
export type Opening = Promise<Opened | null>;

/** Opens a folder further in by the same rules. */
export type OpenFolder = (path: string, split: Split) => Promise<Opened>;

/** Contents of a folder and of the folders in it. */
export interface Content extends FolderContent {
  /** Files that are images. */
  readonly loose: readonly string[];
  /** Folders with images in them or below. */
  readonly imageFolders: readonly string[];
  /** Folders with archives of images in them or below. */
  readonly archiveFolders: readonly string[];
}

/**
 * Reads what lies in a folder and looks into its folders, each up to its first image.
 *
 * @throws `FolderError` if it or a folder below cannot be read.
 */
export async function contentOf(path: string): Promise<Content> {
  const content = await folderContent(path);
  const held: (readonly [string, Holding | null])[] = [];
  for (const name of content.folders) {
    held.push([name, await holdingBelow(`${path}/${name}`)]);
  }
  const having = (holding: Holding): readonly string[] =>
    held.filter(([, what]) => what === holding).map(([name]) => name);
  return {
    ...content,
    loose: content.files.filter(isImageName),
    imageFolders: having("images"),
    archiveFolders: having("archives"),
  };
}

/** A source whose summary names what it does not use. */
export function without(opened: Opened, names: readonly string[]): Opened {
  if (opened._tag === "Left" || names.length === 0) return opened;
  const summary = `${opened.right.summary}; not used: ${someOf(names)}`;
  return right({ ...opened.right, summary });
}

/** Names of a folder beside those that are used. */
export const besides = (
  all: readonly string[],
  used: readonly string[],
): readonly string[] => all.filter((name) => !used.includes(name));

/** All folders, and all images and archives among the files, beside those that are used. */
export const strangers = (
  { folders, files }: Content,
  used: readonly string[],
): readonly string[] => {
  const holding = files.filter((name) => isImageName(name) || isArchive(name));
  return besides([...folders, ...holding], used);
};

/** All that is not used: first what may hold images, hidden entries last. */
export const unused = (
  content: Content,
  used: readonly string[],
): readonly string[] => {
  const { files, special, passedOver, unnamed } = content;
  const others = [...files, ...special, ...unnamed.map(({ name }) => name)];
  return [
    ...new Set([
      ...strangers(content, used),
      ...besides([...others, ...passedOver], used),
    ]),
  ];
};

/** Data sets beside each other, none of which is chosen. */
export const severalIn = (
  path: string,
  names: readonly string[],
): Result<DataError, never> =>
  badFolder(
    path,
    `data sets in folders of their own (${someOf(names)})`,
    "the folder of one data set, with one part to learn from at most",
  );
