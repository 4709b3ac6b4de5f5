/**
 * Any kind of images by their path.
 *
 * @module
 */
import { left, type Result } from "../core/mod.ts";
import { cifar, cifarFiles, type CifarName } from "./cifar.ts";
import { type DataError, reasonOf } from "./data_error.ts";
import { fashionMnist, imagesFileName } from "./fashion_mnist.ts";
import { imageFolder } from "./image_folder.ts";
import type { ImageSource, Split } from "./image_source.ts";
import { parquetImages } from "./parquet_images.ts";
import { splitFiles } from "./sources/split_names.ts";
import { webDataset } from "./web_dataset.ts";

/** Names that folders of a split go by; the first one found is taken. */
const SPLIT_FOLDERS: Readonly<Record<Split, readonly string[]>> = {
  train: ["train"],
  test: ["test", "val", "validation", "valid"],
};

const SPLITS: readonly Split[] = ["train", "test"];

/** Where the archive of a data set is unpacked to when its name is left as it is. */
const CIFAR_FOLDERS: Readonly<Record<CifarName, string>> = {
  "CIFAR-10": "cifar-10-batches-bin",
  "CIFAR-100": "cifar-100-binary",
};

/** Files that name classes by number, beside archives that do not. */
const CLASS_FILES = ["classes.txt", "class_names.txt", "classnames.txt"];

/** Opens what it knows, or gives `null`. */
type Opening = Promise<Result<DataError, ImageSource>> | null;

/** Names of what lies in a folder. */
interface Content {
  readonly folder: string;
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

async function contentOf(folder: string): Promise<Content> {
  const files: string[] = [];
  const folders: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const isFolder = entry.isSymlink
      ? await Deno.stat(`${folder}/${entry.name}`)
        .then(({ isDirectory }) => isDirectory, () => false)
      : entry.isDirectory;
    (isFolder ? folders : files).push(entry.name);
  }
  return { folder, files, folders };
}

const badFolder = (
  path: string,
  found: string,
  wanted: string,
): Promise<Result<DataError, never>> =>
  Promise.resolve(left({ _tag: "BadFolder", path, found, wanted }));

function openFashionMnist({ folder, files }: Content, split: Split): Opening {
  const names = SPLITS.flatMap((each) =>
    ["", ".gz"].map((suffix) => `${imagesFileName(each)}${suffix}`)
  );
  return names.some((name) => files.includes(name))
    ? fashionMnist(folder, split)
    : null;
}

function openCifar(
  { folder, files, folders }: Content,
  split: Split,
): Opening {
  for (const [name, own] of Object.entries(CIFAR_FOLDERS)) {
    const which = name as CifarName;
    const known = SPLITS.flatMap((each) => cifarFiles(which, each));
    if (known.some((file) => files.includes(file))) {
      return cifar(folder, which, split);
    }
    if (folders.includes(own)) return cifar(`${folder}/${own}`, which, split);
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

/** Files of a split, and a name that is the same for both where nothing tells them apart. */
interface Archives {
  readonly name: string;
  readonly paths: readonly string[];
}

/** Files with a suffix that belong to a split, or `null` if there is none at all. */
function archivesOf(
  { folder, files }: Content,
  suffix: string,
  split: Split,
): Archives | null {
  const archives = files.filter((name) =>
    name.toLowerCase().endsWith(suffix) && !name.startsWith(".")
  );
  if (archives.length === 0) return null;
  const own = splitFiles(archives, split);
  const isSplit = own.length < archives.length;
  return {
    name: isSplit ? `${folder} ${split}` : folder,
    paths: own.map((name) => `${folder}/${name}`),
  };
}

/** Nothing to open where only the other split is there. */
const noneOf = (
  folder: string,
  suffix: string,
  split: Split,
): Promise<Result<DataError, never>> =>
  badFolder(
    folder,
    `no ${suffix} file of the split ${split}`,
    split === "train" ? "train in a name" : "val or test in a name",
  );

async function openTars(
  content: Content,
  split: Split,
): Promise<Result<DataError, ImageSource> | null> {
  const { folder } = content;
  const archives = archivesOf(content, ".tar", split);
  if (archives === null) return null;
  const { name, paths } = archives;
  return paths.length === 0
    ? noneOf(folder, ".tar", split)
    : webDataset(name, paths, await classNamesIn(folder));
}

function openParquet(content: Content, split: Split): Opening {
  const archives = archivesOf(content, ".parquet", split);
  if (archives === null) return null;
  const { name, paths } = archives;
  return paths.length === 0
    ? noneOf(content.folder, ".parquet", split)
    : parquetImages(name, paths);
}

/** The folder of a split, opened for what it is. */
function openSplitFolder(
  { folder, folders }: Content,
  split: Split,
): Opening {
  if (!folders.includes("train")) return null;
  const found = SPLIT_FOLDERS[split].find((name) => folders.includes(name));
  if (found !== undefined) return openFolder(`${folder}/${found}`, split);
  const [first, second] = SPLIT_FOLDERS[split];
  return badFolder(
    folder,
    "only a folder train",
    `${folder}/${first} or ${folder}/${second}`,
  );
}

/** Hugging Face keeps the Parquet files of a data set in a folder of that name. */
async function openDataFolder(
  { folder, folders }: Content,
  split: Split,
): Promise<Result<DataError, ImageSource> | null> {
  if (!folders.includes("data")) return null;
  return await openParquet(await contentOf(`${folder}/data`), split);
}

async function openFolder(
  folder: string,
  split: Split,
): Promise<Result<DataError, ImageSource>> {
  const content = await contentOf(folder);
  return await openFashionMnist(content, split) ??
    await openCifar(content, split) ??
    await openTars(content, split) ??
    await openParquet(content, split) ??
    await openSplitFolder(content, split) ??
    await openDataFolder(content, split) ??
    await imageFolder(folder);
}

/** A single file with images in it. */
async function openFile(
  path: string,
): Promise<Result<DataError, ImageSource>> {
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
 * - tar archives or Parquet files: those with the split in their names;
 * - a folder `train` beside `test` or `val`: that of the split, opened by these
 *   rules too;
 * - a folder `data` with Parquet files;
 * - else the images of the folder itself or in a folder for each class.
 *
 * The summary of the source says what was found. Where nothing tells splits
 * apart, both have the same name and the same images.
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
    return isDirectory ? await openFolder(path, split) : await openFile(path);
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    const found = missing ? "nothing there" : reasonOf(error);
    const wanted = "a folder or file of images";
    return left({ _tag: "BadFolder", path, found, wanted });
  }
}
