/**
 * Any kind of images by their path.
 *
 * @module
 */
import { left, type Result } from "../core/mod.ts";
import type { DataError } from "./data_error.ts";
import { fashionMnist, imagesFileName } from "./fashion_mnist.ts";
import { imageFolder } from "./image_folder.ts";
import type { ImageSource, Split } from "./image_source.ts";

/** Names that folders of a split go by; the first one found is taken. */
const SPLIT_FOLDERS: Record<Split, readonly string[]> = {
  train: ["train"],
  test: ["test", "val"],
};

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function firstExisting(
  paths: readonly string[],
): Promise<string | undefined> {
  const found = await Promise.all(paths.map(exists));
  return paths.find((_, i) => found[i]);
}

const idxFiles = (folder: string, split: Split): readonly string[] =>
  ["", ".gz"].map((suffix) => `${folder}/${imagesFileName(split)}${suffix}`);

const splitFolders = (folder: string, split: Split): readonly string[] =>
  SPLIT_FOLDERS[split].map((name) => `${folder}/${name}`);

/**
 * Opens a folder of images for what it is.
 *
 * - idx files of a split of Fashion-MNIST: that split;
 * - a folder `train` beside `val` or `test`: the images of the split;
 * - else the images of the folder itself, whatever the split.
 *
 * @param folder Path of the folder.
 * @param split The part to learn from or the part to judge by.
 * @returns A source, or what is wrong with the folder.
 */
export async function openSource(
  folder: string,
  split: Split = "train",
): Promise<Result<DataError, ImageSource>> {
  const splits: readonly Split[] = ["train", "test"];
  const anyIdx = splits.flatMap((each) => idxFiles(folder, each));
  if (await firstExisting(anyIdx) !== undefined) {
    return fashionMnist(folder, split);
  }
  if (!await exists(`${folder}/train`)) return imageFolder(folder);
  const wanted = splitFolders(folder, split);
  const found = await firstExisting(wanted);
  return found === undefined
    ? left({
      _tag: "BadFolder",
      path: folder,
      found: "only a folder train",
      wanted: wanted.join(" or "),
    })
    : imageFolder(found);
}
