/**
 * The file that lists the images that a run could not read.
 *
 * @module
 */
import { join } from "node:path";
import { printable, type Result, right } from "../../core/mod.ts";
import { type BadImage, type BadImages, counted } from "../../data/mod.ts";
import {
  BAD_IMAGES_FILE,
  readBadImages,
  type TrainError,
  writeBadImages,
} from "../../train/mod.ts";

/** Writes down which images were skipped; gives what there is to say about it. */
async function writeList(
  folder: string,
  list: readonly BadImage[],
): Promise<Result<TrainError, string | null>> {
  const [first] = list;
  if (first === undefined) return right(null);
  const written = await writeBadImages(folder, list);
  return written._tag === "Left" ? written : right(
    printable(
      `images: ${
        counted(list.length, "image")
      } could not be read and gave way to others, the first ${first.image}: ${first.reason}; all in ${
        join(folder, BAD_IMAGES_FILE)
      }`,
    ),
  );
}

/** Keeps the list of a run up to date; gives what there is to say, `null` for nothing new. */
export type BadImagesKeeper = () => Promise<Result<TrainError, string | null>>;

/**
 * Keeps the images that a run could not read in its folder. Those of before a resume
 * are on the list from the beginning, so that they count.
 *
 * @param folder Folder of the run.
 * @param badImages The list that its loader fills.
 * @returns Writes the list if it has become longer.
 */
export async function badImagesKeeper(
  folder: string,
  badImages: BadImages,
): Promise<BadImagesKeeper> {
  (await readBadImages(folder)).forEach(badImages.note);
  let known = badImages.list().length;
  return async () => {
    const list = badImages.list();
    if (list.length === known) return right(null);
    const written = await writeList(folder, list);
    if (written._tag === "Right") known = list.length;
    return written;
  };
}
