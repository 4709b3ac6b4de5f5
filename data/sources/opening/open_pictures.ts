/** Pictures by their paths: files and folders together. */
import { left, type Result, right } from "../../../core/mod.ts";
import { IMAGENET_NORMALIZATION } from "../../image/normalization.ts";
import type { ImageSource } from "../../image/image_source.ts";
import { counted } from "../../report/counts.ts";
import {
  badImage,
  type DataError,
  isMissing,
  reasonOf,
  unlessFaulty,
} from "../../report/data_error.ts";
import { disk, type FileEnd } from "../../resources/disk.ts";
import {
  folderFault,
  holdingBelow,
  isArchive,
} from "../folder/folder_content.ts";
import { imagesBelow } from "../folder/images_below.ts";
import { readImageFile } from "../read_file.ts";
import { openSource } from "./open_source.ts";

/** Some images under their names, without classes. */
type Pictures = Pick<ImageSource, "length" | "imageName" | "bytes" | "read">;

/** Why a file cannot be read, in words. */
const whyNot = (thrown: unknown): string =>
  isMissing(thrown) ? "there is no such file" : reasonOf(thrown);

/** One file, whatever its name; that it cannot be read is found when it is. */
const oneFile = (path: string): Pictures => ({
  length: 1,
  imageName: () => path,
  bytes: () => disk.stat(path).then(({ size }) => size, () => null),
  read: async () => {
    try {
      return right({ _tag: "EncodedImage", bytes: await readImageFile(path) });
    } catch (thrown) {
      return badImage(path, whyNot(thrown));
    }
  },
});

/** What lies at a path: a folder's images, those of an archive, or one file. */
async function picturesAt(path: string): Promise<Result<DataError, Pictures>> {
  const looked = await disk.stat(path).catch((thrown: unknown) => thrown);
  // What the program may not read at all concerns every picture.
  if (looked instanceof Error && looked.name === "NotCapable") {
    return left(folderFault(looked, path, "pictures"));
  }
  const end = looked instanceof Error ? null : looked as FileEnd;
  if (end?.isDirectory) {
    try {
      const holding = await holdingBelow(path);
      return holding === "archives"
        ? await openSource(path)
        : await imagesBelow(path);
    } catch (thrown) {
      return left(folderFault(thrown, path, "a folder of images"));
    }
  }
  return end?.isFile && isArchive(path)
    ? await openSource(path)
    : right(oneFile(path));
}

/** Several sources one behind the other. */
function joined(name: string, parts: readonly Pictures[]): ImageSource {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const [owners, starts] = [new Uint32Array(length), new Uint32Array(length)];
  let from = 0;
  for (const [k, part] of parts.entries()) {
    owners.fill(k, from, from + part.length);
    starts.fill(from, from, from + part.length);
    from += part.length;
  }
  const nothing = oneFile(name);
  const each =
    <A>(use: (part: Pictures, index: number) => A) => (index: number): A =>
      use(parts[owners[index] ?? -1] ?? nothing, index - (starts[index] ?? 0));
  return {
    name,
    summary: counted(length, "picture"),
    length,
    classNames: null,
    normalization: IMAGENET_NORMALIZATION,
    label: () => null,
    imageName: each((part, i) => part.imageName(i)),
    bytes: each((part, i) => part.bytes?.(i) ?? Promise.resolve(null)),
    read: each((part, i) => part.read(i)),
  };
}

/**
 * Pictures by their paths, in the order of the paths and without classes.
 *
 * A folder stands for all images in it and below it, an archive (`.tar`, `.parquet`) or a
 * folder of such for those in it, and any other path for one picture, whatever its name.
 * A file that is missing or no image is found out when it is read, so that one of many
 * does not keep the others away.
 *
 * @param paths Files and folders, at least one.
 * @returns A source, or the first folder or archive that cannot be used.
 *
 * @example A picture, and one that is not there
 * ```ts
 * import { openPictures, orThrow } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/grey.pgm`, "P2 1 1 255 128 ");
 *
 * const pictures = orThrow(await openPictures([`${folder}/grey.pgm`, `${folder}/other.png`]));
 * const [first, second] = [await pictures.read(0), await pictures.read(1)];
 * deepStrictEqual([pictures.length, first._tag, second._tag], [2, "Right", "Left"]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function openPictures(
  paths: readonly string[],
): Promise<Result<DataError, ImageSource>> {
  const checked = unlessFaulty(paths, [
    paths.length > 0 ? null : {
      _tag: "OutOfRange",
      path: "paths",
      found: paths,
      wanted: "at least one file or folder",
    },
  ]);
  if (checked._tag === "Left") {
    return left({ _tag: "BadOptions", faults: checked.left });
  }
  const parts: Pictures[] = [];
  for (const path of paths) {
    const part = await picturesAt(path);
    if (part._tag === "Left") return part;
    parts.push(part.right);
  }
  const [first = ""] = paths;
  return right(joined(first, parts));
}
