/**
 * The file that lists the images that a run could not read.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { printable, type Result, right } from "../../core/mod.ts";
import { type BadImage, type BadImages, counted } from "../../data/mod.ts";
import { replaceFile, type TrainError } from "../../train/mod.ts";

const BAD_IMAGES_FILE = "bad_images.json";

function isBadImage(json: unknown): json is BadImage {
  const { index, image, reason } = (json ?? {}) as Partial<BadImage>;
  return Number.isSafeInteger(index) && typeof image === "string" &&
    typeof reason === "string";
}

/** What the run wrote down so far; a file of another kind is written anew. */
async function listIn(path: string): Promise<readonly BadImage[]> {
  try {
    const json: unknown = JSON.parse(await readFile(path, "utf8"));
    return Array.isArray(json) ? json.filter(isBadImage) : [];
  } catch {
    return [];
  }
}

/** Writes down which images were skipped; gives what there is to say about it. */
async function writeList(
  path: string,
  list: readonly BadImage[],
): Promise<Result<TrainError, string | null>> {
  const [first] = list;
  if (first === undefined) return right(null);
  const text = `${JSON.stringify(list, null, 2)}\n`;
  const written = await replaceFile(path, text);
  return written._tag === "Left" ? written : right(
    printable(
      `images: ${
        counted(list.length, "image")
      } could not be read and gave way to others, the first ${first.image}: ${first.reason}; all in ${path}`,
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
  const path = join(folder, BAD_IMAGES_FILE);
  (await listIn(path)).forEach(badImages.note);
  let known = badImages.list().length;
  return async () => {
    const list = badImages.list();
    if (list.length === known) return right(null);
    const written = await writeList(path, list);
    if (written._tag === "Right") known = list.length;
    return written;
  };
}
