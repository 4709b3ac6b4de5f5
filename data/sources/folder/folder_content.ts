/** Contents of a folder. */
import { type DirEntry, disk } from "../../resources/disk.ts";
import { excerpt } from "../../../core/mod.ts";
import {
  type DataError,
  isMissing,
  reasonOf,
} from "../../report/data_error.ts";
import { isImageName } from "../../image/image_format.ts";

/** Names of what lies in a folder, each kind in order. */
export interface FolderContent {
  readonly path: string;
  readonly folders: readonly string[];
  readonly files: readonly string[];
  /** Links among both. */
  readonly links: ReadonlySet<string>;
  /** Pipes and devices, which may wait for ever when they are read. */
  readonly special: readonly string[];
  /** Hidden entries, and what systems and programs leave in folders. */
  readonly passedOver: readonly string[];
  /** Names that are not UTF-8: the system cannot be asked for them. */
  readonly unnamed: readonly UnnamedEntry[];
}

/** An entry whose name is not UTF-8. */
export interface UnnamedEntry {
  /** The name with `�` in the place of what is not UTF-8. */
  readonly name: string;
  readonly isFolder: boolean;
}

/** A folder that cannot be used, thrown through the walk over folders. */
export class FolderError extends Error {
  /** Name of the class. */
  override readonly name = "FolderError";
  /**
   * @param path The folder or file that failed.
   * @param found Description of the entry found there.
   * @param wanted Description of the wanted entry.
   */
  constructor(
    readonly path: string,
    readonly found: string,
    readonly wanted: string,
  ) {
    super(`${path}: ${found}`);
  }
}

/** Names that systems and programs leave in folders of images. */
const LEFT_BY_PROGRAMS = new RegExp(
  "^(\\.|(__MACOSX|@eaDir|@__thumb|#recycle|@Recycle|@Recently-Snapshot|" +
    "\\$RECYCLE\\.BIN|System Volume Information|lost\\+found|__pycache__|" +
    "(eh)?thumbs(_vista)?\\.db|desktop\\.ini|Icon[\\r?])$)",
  "i",
);

/** By code unit, so that labels and order are the same under every locale. */
export const inOrder = (names: readonly string[]): readonly string[] =>
  [...names].sort((a, b) => a < b ? -1 : 1);

/** A few names of many in words: `a, b, c and 4 more`. */
export function someOf(
  names: readonly string[],
  count: number = names.length,
): string {
  const shown = names.slice(0, 3).map(excerpt).join(", ");
  const more = count - 3;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** An exception of a walk over folders, as an error of the folder that failed. */
export function folderFault(
  thrown: unknown,
  path: string,
  wanted: string,
): DataError {
  const at = thrown instanceof FolderError ? thrown : { path, wanted };
  const found = thrown instanceof FolderError
    ? thrown.found
    : isMissing(thrown)
    ? "nothing there"
    : reasonOf(thrown);
  return { _tag: "BadFolder", path: at.path, found, wanted: at.wanted };
}

/** One entry, links followed. A link to nothing counts as a file that cannot be read. */
async function kindOf(
  folder: string,
  { name, isSymlink, isDirectory, isFile }: DirEntry,
): Promise<"folders" | "files" | "special"> {
  const end = isSymlink
    ? await disk.stat(`${folder}/${name}`).catch(() => null)
    : { isDirectory, isFile };
  if (end?.isDirectory) return "folders";
  return end === null || end.isFile ? "files" : "special";
}

/** True if a name that has `�` in it is another one in truth. */
const isUnnamed = (folder: string, { name }: DirEntry): Promise<boolean> =>
  name.includes("\ufffd")
    ? disk.lstat(`${folder}/${name}`).then(() => false, () => true)
    : Promise.resolve(false);

/**
 * Reads what lies in a folder.
 *
 * @throws `FolderError` with the path of this folder if it cannot be read.
 */
export async function folderContent(path: string): Promise<FolderContent> {
  const found = { folders: [], files: [], special: [] } as Record<
    "folders" | "files" | "special",
    string[]
  >;
  const links = new Set<string>();
  const passedOver: string[] = [];
  const unnamed: UnnamedEntry[] = [];
  try {
    for await (const entry of disk.readDir(path)) {
      const { name } = entry;
      if (LEFT_BY_PROGRAMS.test(name)) passedOver.push(name);
      else if (await isUnnamed(path, entry)) {
        unnamed.push({ name, isFolder: entry.isDirectory });
      } else {
        if (entry.isSymlink) links.add(name);
        found[await kindOf(path, entry)].push(name);
      }
    }
  } catch (thrown) {
    const fault = folderFault(thrown, path, "a folder that can be read");
    if (fault._tag !== "BadFolder") throw thrown;
    throw new FolderError(path, fault.found, fault.wanted);
  }
  return {
    path,
    folders: inOrder(found.folders),
    files: inOrder(found.files),
    special: inOrder(found.special),
    links,
    passedOver: inOrder(passedOver),
    unnamed: unnamed.sort((a, b) => a.name < b.name ? -1 : 1),
  };
}

/** Holders of images: files of their own, or archives of many. */
export type Holding = "images" | "archives";

/** True if a file is an archive of images by its name: tar or Parquet. */
export const isArchive = (name: string): boolean =>
  /\.(tar|parquet)$/i.test(name);

/** Files of Fashion-MNIST and CIFAR. */
const OF_KNOWN_SETS =
  /[-.]idx3-ubyte(\.gz)?$|^(data_batch_\d|test_batch|train|test)\.bin$/;

const holdingOf = (name: string): Holding | null =>
  isImageName(name)
    ? "images"
    : isArchive(name) || OF_KNOWN_SETS.test(name)
    ? "archives"
    : null;

/**
 * The first holder of images below a folder; the search ends at the first one that it
 * finds. Archives of a folder itself count before what lies in folders below it.
 *
 * @param seen Real paths of the links that led here.
 * @throws `FolderError` if a folder cannot be read.
 */
export async function holdingBelow(
  path: string,
  seen: ReadonlySet<string> = new Set(),
): Promise<Holding | null> {
  const below: DirEntry[] = [];
  let archives: Holding | null = null;
  try {
    for await (const entry of disk.readDir(path)) {
      if (LEFT_BY_PROGRAMS.test(entry.name)) continue;
      if (!entry.isFile) below.push(entry);
      const holding = entry.isDirectory ? null : holdingOf(entry.name);
      if (holding === "images") return holding;
      archives ??= holding;
    }
  } catch (thrown) {
    throw new FolderError(path, reasonOf(thrown), "a folder that can be read");
  }
  if (archives !== null) return archives;
  for (const { name, isSymlink } of below.sort(byName)) {
    const holding = await holdingOfEntry(`${path}/${name}`, isSymlink, seen);
    if (holding !== null) return holding;
  }
  return null;
}

const byName = (a: DirEntry, b: DirEntry): number => a.name < b.name ? -1 : 1;

/** The same of an entry that may be a link: one to a folder is followed once on a way. */
async function holdingOfEntry(
  path: string,
  isSymlink: boolean,
  seen: ReadonlySet<string>,
): Promise<Holding | null> {
  const end = await disk.stat(path).catch(() => null);
  if (!end?.isDirectory) return null;
  if (!isSymlink) return await holdingBelow(path, seen);
  const real = await disk.realPath(path);
  return seen.has(real)
    ? null
    : await holdingBelow(path, new Set([...seen, real]));
}
