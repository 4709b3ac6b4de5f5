/** Any kind of images by their path. */
import { disk } from "../../resources/disk.ts";
import {
  kindOfBytes,
  left,
  printable,
  type Result,
  right,
} from "../../../core/mod.ts";
import { counted } from "../../report/counts.ts";
import { badFile, badFolder, type DataError } from "../../report/data_error.ts";
import { imageFolder } from "../folder/image_folder.ts";
import { imageFormat } from "../../image/image_format.ts";
import type { ImageSource, Split } from "../../image/image_source.ts";
import { firstBytes } from "../read_file.ts";
import { parquetImages } from "../parquet/parquet_images.ts";
import { folderFault, isArchive } from "../folder/folder_content.ts";
import { isCompanion, isContainer, splitNameOf } from "./split_names.ts";
import { classNamesIn, openArchives } from "./open_archives.ts";
import {
  openCifar,
  openFashionMnist,
  openSnapshot,
} from "./open_known_sets.ts";
import { openFoldersOfParts, openSplitFolders } from "./open_parts.ts";
import {
  type Content,
  contentOf,
  type Opened,
  type OpenFolder,
  type Opening,
  severalIn,
  unused,
  without,
} from "./source_content.ts";
import { webDataset } from "../tar/web_dataset.ts";

/**
 * True if images in folders or files of their own are what is meant, where archives
 * lie beside them: classes are, and so are more images than there are archives.
 */
function outweighArchives({ files, loose, imageFolders }: Content): boolean {
  const archives = files.filter(isArchive).length;
  return archives === 0 || imageFolders.length > 1 ||
    loose.length > archives || imageFolders.some(isContainer);
}

/** The folder that is meant where all others hold nothing, or what belongs to its images. */
async function openInner(
  content: Content,
  split: Split,
  open: OpenFolder,
): Opening {
  const { path, loose, imageFolders, archiveFolders } = content;
  const holding = [...imageFolders, ...archiveFolders];
  const [inner, ...others] = holding.filter((name) => !isCompanion(name));
  if (inner === undefined || others.length > 0 || loose.length > 0) return null;
  const isNoClass = isContainer(inner) || splitNameOf(inner) !== null ||
    path.toLowerCase().endsWith(`/${inner.toLowerCase()}`);
  if (imageFolders.includes(inner) && !isNoClass) {
    // A class of its own has its images in it; a data set has them further below.
    const below = await contentOf(`${path}/${inner}`);
    if (below.loose.length > 0) return null;
  }
  const opened = await open(`${path}/${inner}`, split);
  return without(opened, unused(content, [inner]));
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
  const open: OpenFolder = (path, each) => openFolder(path, each, depth);
  const known = await openFashionMnist(content, split) ??
    await openCifar(content, split) ??
    await openSnapshot(content, split, open);
  if (known !== null) return known;
  const archives = outweighArchives(content)
    ? null
    : await openArchives(content, ".tar", split) ??
      await openArchives(content, ".parquet", split);
  const found = archives ??
    await openSplitFolders(content, split, open) ??
    await openInner(content, split, open) ??
    await openFoldersOfParts(content, split, open);
  if (found !== null) return found;
  const { archiveFolders, imageFolders, loose } = content;
  return archiveFolders.length > 0 && imageFolders.length + loose.length === 0
    ? severalIn(folder, archiveFolders)
    : await imageFolder(folder);
}

/** Kind of a file that cannot be opened. */
function nameOfKind(path: string, head: Uint8Array): string {
  if (imageFormat(head) !== null) return "one image";
  const packed = /\.(tar\.(gz|bz2|xz|zst)|tgz)$/i.test(path);
  const kind = kindOfBytes(head) ?? "a file of another kind";
  return packed ? `${kind}, still packed` : kind;
}

const ANY = "a folder or file of images";

/** A single file with images in it, known by its suffix or its first bytes. */
async function openFile(
  path: string,
): Promise<Opened> {
  const folder = path.includes("/") ? path.replace(/\/[^/]*$/, "") : ".";
  const head = await firstBytes(path);
  const kind = kindOfBytes(head);
  if (/\.tar$/i.test(path) || kind === "a tar archive") {
    return webDataset(path, [path], await classNamesIn(folder));
  }
  if (/\.parquet$/i.test(path) || kind === "a Parquet file") {
    return parquetImages(path, [path]);
  }
  return badFile(
    path,
    nameOfKind(path, head),
    "a folder, a .tar archive (unpacked if it is .tar.gz) or a .parquet file",
  );
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
 *   these rules too. The validation set is the first one that has classes, those for
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
 * @param split The training or the validation part.
 * @returns A source, or what is wrong.
 *
 * @example A folder of classes
 * ```ts
 * import { openSource } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * for (const name of ["cat", "dog"]) {
 *   await Deno.mkdir(`${folder}/${name}`);
 *   await Deno.writeTextFile(`${folder}/${name}/1.gif`, "GIF89a");
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
    const { isDirectory, isFile } = await disk.stat(path);
    // A pipe or a device may wait for ever when it is read.
    if (!isDirectory && !isFile) {
      return badFolder(path, "a pipe or device", ANY);
    }
    const opened = isDirectory
      ? await openFolder(path, split, 0)
      : await openFile(path);
    if (opened._tag === "Left") return opened;
    const summary = printable(opened.right.summary);
    return right({ ...opened.right, summary });
  } catch (thrown) {
    return left(folderFault(thrown, path, ANY));
  }
}
