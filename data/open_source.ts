/**
 * Any kind of images by their path.
 *
 * @module
 */
import { left, printable, type Result, right } from "../core/mod.ts";
import { cifar, cifarFiles, type CifarName } from "./cifar.ts";
import { counted } from "./counted.ts";
import type { DataError } from "./data_error.ts";
import { fashionMnist, hasIdxImages } from "./fashion_mnist.ts";
import { classFolders, imageFolder } from "./image_folder.ts";
import { isImageName } from "./image_format.ts";
import type { ImageSource, Split } from "./image_source.ts";
import { parquetImages } from "./parquet_images.ts";
import {
  type FolderContent,
  folderContent,
  folderFault,
  type Holding,
  holdingBelow,
  inOrder,
  isArchive,
  someOf,
} from "./sources/folder_content.ts";
import { isCompanion, isContainer } from "./sources/folder_roles.ts";
import {
  splitFiles,
  type SplitFolders,
  splitFolders,
} from "./sources/split_names.ts";
import { webDataset } from "./web_dataset.ts";

const SPLITS: readonly Split[] = ["train", "test"];

/** Where the archive of a data set is unpacked to when its name is left as it is. */
const CIFAR_FOLDERS: Readonly<Record<CifarName, string>> = {
  "CIFAR-10": "cifar-10-batches-bin",
  "CIFAR-100": "cifar-100-binary",
};

/** Files that name classes by number, beside archives that do not. */
const CLASS_FILES = ["classes.txt", "class_names.txt", "classnames.txt"];

type Opened = Result<DataError, ImageSource>;

/** Opens what it knows, or gives `null`. */
type Opening = Promise<Opened | null>;

/** What lies in a folder, and what its folders hold. */
interface Content extends FolderContent {
  /** Files that are images. */
  readonly loose: readonly string[];
  /** Folders with images in them or below. */
  readonly imageFolders: readonly string[];
  /** Folders with archives of images in them or below. */
  readonly archiveFolders: readonly string[];
}

async function contentOf(path: string): Promise<Content> {
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

const badFolder = (path: string, found: string, wanted: string): Opened =>
  left({ _tag: "BadFolder", path, found, wanted });

/** A source whose summary names what it does not use. */
function without(opened: Opened, names: readonly string[]): Opened {
  if (opened._tag === "Left" || names.length === 0) return opened;
  const summary = `${opened.right.summary}; not used: ${someOf(names)}`;
  return right({ ...opened.right, summary });
}

/** Names of a folder beside those that are used. */
const besides = (
  all: readonly string[],
  used: readonly string[],
): readonly string[] => all.filter((name) => !used.includes(name));

/** All folders, and all images and archives among the files, beside those that are used. */
const unused = (
  { folders, files }: Content,
  used: readonly string[],
): readonly string[] =>
  besides(
    [
      ...folders,
      ...files.filter((name) => isImageName(name) || isArchive(name)),
    ],
    used,
  );

function openFashionMnist(content: Content, split: Split): Opening | null {
  return hasIdxImages(content.files)
    ? fashionMnist(content.path, split)
      .then((opened) => without(opened, unused(content, [])))
    : null;
}

async function openCifar(content: Content, split: Split): Opening {
  const { path, files, folders } = content;
  for (const [name, own] of Object.entries(CIFAR_FOLDERS)) {
    const which = name as CifarName;
    const known = SPLITS.flatMap((each) => cifarFiles(which, each));
    if (known.some((file) => files.includes(file))) {
      return without(await cifar(path, which, split), unused(content, []));
    }
    if (folders.includes(own)) {
      const opened = await cifar(`${path}/${own}`, which, split);
      return without(opened, unused(content, [own]));
    }
  }
  return null;
}

/** Names of classes in a file beside archives, or `null`. */
async function classNamesIn(
  folder: string,
): Promise<readonly string[] | null> {
  for (const name of CLASS_FILES) {
    const text = await Deno.readTextFile(`${folder}/${name}`)
      .catch(() => null);
    const names = text?.split("\n").map((line) => line.trim()).filter(Boolean);
    if (names !== undefined && names.length > 0) return names;
  }
  return null;
}

/** Nothing to open where only the other split is there. */
const noneOf = (folder: string, suffix: string, split: Split): Opened =>
  badFolder(
    folder,
    `no ${suffix} file of the split ${split}`,
    split === "train" ? "train in a name" : "val or test in a name",
  );

/** Archives with a suffix; `null` if there is none. */
async function openArchives(
  content: Content,
  suffix: ".tar" | ".parquet",
  split: Split,
): Opening {
  const { path, files } = content;
  const archives = files.filter((name) => name.toLowerCase().endsWith(suffix));
  if (archives.length === 0) return null;
  const own = splitFiles(archives, split);
  if (own.length === 0) return noneOf(path, suffix, split);
  const name = own.length < archives.length ? `${path} ${split}` : path;
  const paths = own.map((each) => `${path}/${each}`);
  const opened = suffix === ".tar"
    ? await webDataset(name, paths, await classNamesIn(path))
    : await parquetImages(name, paths);
  const others = SPLITS.flatMap((each) => splitFiles(archives, each));
  return without(opened, unused(content, others));
}

/**
 * Whether images in folders or files of their own are what is meant, where archives
 * lie beside them: classes are, and so are more images than there are archives.
 */
function outweighArchives({ files, loose, imageFolders }: Content): boolean {
  const archives = files.filter(isArchive).length;
  return archives === 0 || imageFolders.length > 1 ||
    loose.length > archives || imageFolders.some(isContainer);
}

/** The part to judge by: the first one with classes, else the first one. */
async function openJudging(
  path: string,
  judging: readonly string[],
  depth: number,
): Promise<Opened> {
  const opened: (readonly [string, Opened])[] = [];
  for (const name of judging) {
    opened.push([name, await openFolder(`${path}/${name}`, "test", depth)]);
  }
  const chosen =
    opened.find(([, each]) =>
      each._tag === "Right" && each.right.classNames !== null
    ) ?? opened.find(([, each]) => each._tag === "Right") ?? opened[0];
  return chosen === undefined
    ? badFolder(
      path,
      "only a folder to learn from",
      "a folder val or test beside it",
    )
    : without(
      chosen[1],
      besides(judging, [chosen[0]]).map((name) => `${name} (another part)`),
    );
}

/** The folder of a split, opened for what it is. */
async function openSplitFolders(
  content: Content,
  split: Split,
  depth: number,
): Opening {
  const { path, imageFolders, archiveFolders } = content;
  const holding = [...imageFolders, ...archiveFolders].sort();
  const parts = splitFolders(holding);
  if (parts === null) return null;
  if (parts === "several") return severalIn(path, holding);
  const { train, judging } = parts;
  const opened = split === "train"
    ? await openFolder(`${path}/${train}`, split, depth)
    : await openJudging(path, judging, depth);
  return without(opened, unused(content, [train, ...judging]));
}

const severalIn = (path: string, names: readonly string[]): Opened =>
  badFolder(
    path,
    `data sets in folders of their own (${someOf(names)})`,
    "the folder of one data set, with one part to learn from at most",
  );

/** Other folders beside a data set in its own; more of them are classes. */
const MOST_BESIDE = 3;

/** The folders in a folder that hold images; `null` at the first image that it has itself. */
async function imageFoldersOnly(
  path: string,
): Promise<readonly string[] | null> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (!isDirectory && isImageName(name)) return null;
    if (isDirectory) names.push(name);
  }
  const held: string[] = [];
  for (const name of inOrder(names)) {
    const holding = await holdingBelow(`${path}/${name}`);
    if (holding === "images") held.push(name);
  }
  return held;
}

/** Parts of a data set in a folder, or in the only one below it. */
interface PartsBelow extends SplitFolders {
  readonly name: string;
  /** The folder that they lie in. */
  readonly path: string;
}

async function partsBelow(
  name: string,
  path: string,
): Promise<PartsBelow | null> {
  const held = await imageFoldersOnly(path);
  const found = splitFolders(held ?? []);
  if (found === "several") return null;
  if (found !== null && found.judging.length > 0) {
    return { ...found, name, path };
  }
  const [only, ...others] = held ?? [];
  return only === undefined || others.length > 0
    ? null
    : await partsBelow(name, `${path}/${only}`);
}

/**
 * Folders that have parts of their own: each class the same ones (`cat/train`,
 * `dog/train`), or one data set beside a few other folders.
 */
async function openFoldersOfParts(
  content: Content,
  split: Split,
  depth: number,
): Opening {
  const { path, imageFolders } = content;
  const all: PartsBelow[] = [];
  for (const name of imageFolders) {
    const parts = await partsBelow(name, `${path}/${name}`);
    if (parts !== null) all.push(parts);
  }
  const [first, ...others] = all;
  if (first === undefined || imageFolders.length < 2) return null;
  if (all.length === imageFolders.length) {
    const inner = await imageFoldersOnly(`${first.path}/${first.train}`);
    return (inner ?? []).length > 1
      ? severalIn(path, imageFolders)
      : await openClassesOfParts(content, split, all);
  }
  if (imageFolders.length - all.length > MOST_BESIDE) return null;
  return others.length > 0
    ? severalIn(path, all.map(({ name }) => name))
    : without(
      await openFolder(first.path, split, depth),
      unused(content, [first.name]),
    );
}

async function openClassesOfParts(
  content: Content,
  split: Split,
  all: readonly PartsBelow[],
): Promise<Opened> {
  const { path, imageFolders } = content;
  const part = ({ train, judging: [judge = ""] }: SplitFolders): string =>
    split === "train" ? train : judge;
  const classes = all.map((each) => ({
    name: each.name,
    path: `${each.path}/${part(each)}`,
  }));
  const others = new Set(all.flatMap(({ judging }) => judging.slice(1)));
  const opened = without(await classFolders(path, classes), [
    ...[...others].map((name) => `${name} (another part)`),
    ...unused(content, imageFolders),
  ]);
  return opened._tag === "Left"
    ? opened
    : right({ ...opened.right, name: `${path} ${split}` });
}

/** The folder that is meant where all others hold nothing, or what belongs to its images. */
async function openInner(
  content: Content,
  split: Split,
  depth: number,
): Opening {
  const { path, loose, imageFolders, archiveFolders } = content;
  const holding = [...imageFolders, ...archiveFolders];
  const [inner, ...others] = holding.filter((name) => !isCompanion(name));
  if (inner === undefined || others.length > 0 || loose.length > 0) return null;
  if (imageFolders.includes(inner) && !isContainer(inner)) {
    // A class of its own has its images in it; a data set has them further below.
    const below = await contentOf(`${path}/${inner}`);
    if (below.loose.length > 0) return null;
  }
  const opened = await openFolder(`${path}/${inner}`, split, depth);
  return without(opened, unused(content, [inner]));
}

/** Folders by the names of commits, as Hugging Face's cache keeps a data set. */
async function openSnapshot(
  { path, folders }: Content,
  split: Split,
  depth: number,
): Opening {
  if (!["blobs", "refs", "snapshots"].every((name) => folders.includes(name))) {
    return null;
  }
  const commit = await Deno.readTextFile(`${path}/refs/main`).catch(() => "");
  const snapshots = `${path}/snapshots`;
  const { folders: all } = await folderContent(snapshots);
  const named = all.filter((name) => name === commit.trim());
  const [only, ...others] = named.length > 0 ? named : all;
  return only === undefined || others.length > 0
    ? severalIn(snapshots, all)
    : without(
      await openFolder(`${snapshots}/${only}`, split, depth),
      besides(all, [only]),
    );
}

/** Folders around a data set that are looked through. */
const DEEPEST = 16;

async function openFolder(
  folder: string,
  split: Split,
  outer: number,
): Promise<Opened> {
  const depth = outer + 1;
  if (depth > DEEPEST) {
    return badFolder(folder, `${counted(outer, "folder")} around it`, "fewer");
  }
  const content = await contentOf(folder);
  const known = await openFashionMnist(content, split) ??
    await openCifar(content, split) ??
    await openSnapshot(content, split, depth);
  if (known !== null) return known;
  const archives = outweighArchives(content)
    ? null
    : await openArchives(content, ".tar", split) ??
      await openArchives(content, ".parquet", split);
  const found = archives ??
    await openSplitFolders(content, split, depth) ??
    await openInner(content, split, depth) ??
    await openFoldersOfParts(content, split, depth);
  if (found !== null) return found;
  const { archiveFolders, imageFolders, loose } = content;
  return archiveFolders.length > 0 && imageFolders.length + loose.length === 0
    ? severalIn(folder, archiveFolders)
    : await imageFolder(folder);
}

/**
 * Whether a folder holds idx files as those of Fashion-MNIST, itself or in the only
 * folder below it that holds anything (`FashionMNIST/raw`).
 *
 * @param path Path of the folder; what cannot be read holds nothing.
 */
export async function holdsFashionMnist(path: string): Promise<boolean> {
  for (let [folder, depth] = [path, 0]; depth < DEEPEST; depth++) {
    const content = await contentOf(folder).catch(() => null);
    if (content === null) return false;
    if (hasIdxImages(content.files)) return true;
    const { archiveFolders: [only, ...others], imageFolders, loose } = content;
    const more = others.length + imageFolders.length + loose.length;
    if (only === undefined || more > 0) return false;
    folder = `${folder}/${only}`;
  }
  return false;
}

/** A single file with images in it. */
async function openFile(
  path: string,
): Promise<Opened> {
  const folder = path.includes("/") ? path.replace(/\/[^/]*$/, "") : ".";
  if (/\.tar$/i.test(path)) {
    return webDataset(path, [path], await classNamesIn(folder));
  }
  if (/\.parquet$/i.test(path)) return parquetImages(path, [path]);
  return left({
    _tag: "BadFile",
    path,
    found: "a file of another kind",
    wanted:
      "a folder, a .tar archive (unpacked if it is .tar.gz) or a .parquet file",
  });
}

/**
 * Opens images for what they are. Looked at in this order:
 *
 * - a file `.tar` (WebDataset) or `.parquet`: its images, whatever the split;
 * - idx files of Fashion-MNIST: the split;
 * - files of the binary version of CIFAR-10 or CIFAR-100, in the folder or in
 *   `cifar-10-batches-bin` or `cifar-100-binary` below it: the split;
 * - a data set in the cache of Hugging Face's Hub: its snapshot of `main`;
 * - tar archives or Parquet files: those with the split in their names; they come
 *   after folders of classes and after images where these are more;
 * - folders of parts, `train` and `val` or `test` in any usual writing (`Training`,
 *   `seg_train`, `images_val`, `train2017`, `holdout`): that of the split, opened by
 *   these rules too. To judge by is the first one that has classes, those for
 *   validation before those for tests;
 * - the only folder that holds images, if it holds them in folders or is called
 *   `images`, `data` and the like, whatever `labels` or `masks` lie beside it:
 *   opened by these rules too;
 * - folders of classes that have parts each (`cat/train`, `cat/test`), or the only
 *   one of a few folders that has parts: opened by these rules too;
 * - else the images of the folder itself or in a folder for each class.
 *
 * The summary of the source says what was found and names what is not used. Where
 * nothing tells splits apart, both have the same name and the same images.
 *
 * @param path Path of the folder or file.
 * @param split The part to learn from or the part to judge by.
 * @returns A source, or what is wrong.
 *
 * @example A folder of classes
 * ```ts
 * import { openSource } from "@vitfreeze/vitfreeze/data";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * for (const name of ["cat", "dog"]) {
 *   await Deno.mkdir(`${folder}/${name}`);
 *   await Deno.writeFile(`${folder}/${name}/1.jpg`, new Uint8Array());
 * }
 * const source = await openSource(folder);
 *
 * deepStrictEqual(source._tag === "Right" && source.right.classNames, ["cat", "dog"]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function openSource(
  path: string,
  split: Split = "train",
): Promise<Result<DataError, ImageSource>> {
  try {
    const { isDirectory } = await Deno.stat(path);
    const opened = isDirectory
      ? await openFolder(path, split, 0)
      : await openFile(path);
    if (opened._tag === "Left") return opened;
    const summary = printable(opened.right.summary);
    return right({ ...opened.right, summary });
  } catch (thrown) {
    return left(folderFault(thrown, path, "a folder or file of images"));
  }
}
