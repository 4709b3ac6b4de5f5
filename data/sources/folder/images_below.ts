/** All images below a folder, whatever its folders mean. */
import { left, type Result } from "../../../core/mod.ts";
import type { ImageSource } from "../../image/image_source.ts";
import { disk } from "../../resources/disk.ts";
import type { DataError } from "../../report/data_error.ts";
import { folderContent, folderFault } from "./folder_content.ts";
import { collect, inspected, noImage } from "./image_folder.ts";
import { skipped } from "./skipped_files.ts";

/**
 * All images in a folder and below it at any depth, without classes: those of the folder
 * itself first, then folder by folder, sorted by name. What is passed over is that of
 * `imageFolder`.
 *
 * @param folder Path of the folder.
 * @returns A source, or what is wrong: no such folder, no image in it, or only files that
 * are called so.
 */
export async function imagesBelow(
  folder: string,
): Promise<Result<DataError, ImageSource>> {
  try {
    const root = await disk.realPath(folder);
    const walk = { root, aside: skipped(folder) };
    const content = await folderContent(folder);
    const found = await collect(walk, content, null, [root]);
    return found.samples.length === 0
      ? noImage(content, walk)
      : await inspected(folder, found, walk.aside);
  } catch (thrown) {
    return left(folderFault(thrown, folder, "a folder of images"));
  }
}
