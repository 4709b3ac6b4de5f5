/**
 * The file that lists the images that a run could not read.
 *
 * @module
 */
import { join } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import { type BadImages, counted } from "../../data/mod.ts";
import { replaceFile, type TrainError } from "../../train/mod.ts";

const BAD_IMAGES_FILE = "bad_images.json";

/**
 * Writes down which images were skipped, if there were any.
 *
 * @param folder Folder of the run.
 * @param badImages The images.
 * @returns What to say about it, `null` if there is nothing to say.
 */
export async function writeBadImages(
  folder: string,
  badImages: BadImages,
): Promise<Result<TrainError, string | null>> {
  const list = badImages.list();
  const [first] = list;
  if (first === undefined) return right(null);
  const path = join(folder, BAD_IMAGES_FILE);
  const text = `${JSON.stringify(list, null, 2)}\n`;
  const written = await replaceFile(path, text);
  return written._tag === "Left" ? written : right(
    `${
      counted(list.length, "image")
    } could not be read and gave way to others, the first ${first.image}: ${first.reason}; all in ${path}`,
  );
}
