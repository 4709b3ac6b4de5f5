/**
 * The file that lists the images that a run could not read.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import { type BadImage, type BadImages, counted } from "../../data/mod.ts";
import { replaceFile, type TrainError } from "../../train/mod.ts";

const BAD_IMAGES_FILE = "bad_images.json";

const isBadImage = (json: unknown): json is BadImage =>
  typeof (json as BadImage | null)?.image === "string";

/** What the run wrote down before it was resumed; a file of another kind is written anew. */
async function earlierIn(path: string): Promise<readonly BadImage[]> {
  try {
    const json: unknown = JSON.parse(await readFile(path, "utf8"));
    return Array.isArray(json) ? json.filter(isBadImage) : [];
  } catch {
    return [];
  }
}

/**
 * Writes down which images were skipped, if there were any, beside those of before
 * a resume.
 *
 * @param folder Folder of the run.
 * @param badImages The images.
 * @returns What to say about it, `null` if there is nothing to say.
 */
export async function writeBadImages(
  folder: string,
  badImages: BadImages,
): Promise<Result<TrainError, string | null>> {
  const met = badImages.list();
  const [first] = met;
  if (first === undefined) return right(null);
  const path = join(folder, BAD_IMAGES_FILE);
  const names = new Set(met.map(({ image }) => image));
  const earlier = (await earlierIn(path)).filter(({ image }) =>
    !names.has(image)
  );
  const list = [...earlier, ...met];
  const text = `${JSON.stringify(list, null, 2)}\n`;
  const written = await replaceFile(path, text);
  return written._tag === "Left" ? written : right(
    `images: ${
      counted(list.length, "image")
    } could not be read and gave way to others, the first ${first.image}: ${first.reason}; all in ${path}`,
  );
}

/**
 * Keeps the list of a run up to date: writes it whenever it has become longer.
 *
 * @param folder Folder of the run.
 * @param badImages The images.
 * @returns Looks at the list; gives what there is to say of it, `null` if it is as
 * long as it was.
 */
export function badImagesKeeper(
  folder: string,
  badImages: BadImages,
): () => Promise<Result<TrainError, string | null>> {
  let known = 0;
  return async () => {
    const { length } = badImages.list();
    if (length === known) return right(null);
    const written = await writeBadImages(folder, badImages);
    if (written._tag === "Right") known = length;
    return written;
  };
}
