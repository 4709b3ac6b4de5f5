/** Folders of tar archives or Parquet files. */
import { disk } from "../../resources/disk.ts";
import type { Split } from "../../image/image_source.ts";
import { parquetImages } from "../parquet/parquet_images.ts";
import { webDataset } from "../tar/web_dataset.ts";
import {
  type Content,
  type Opened,
  type Opening,
  unused,
  without,
} from "./source_content.ts";
import { badFolder } from "../../report/data_error.ts";
import { splitFiles } from "./split_names.ts";

const SPLITS: readonly Split[] = ["train", "test"];

/** Files that name classes by number, beside archives that do not. */
const CLASS_FILES = ["classes.txt", "class_names.txt", "classnames.txt"];

/** Names of classes in a file beside archives, or `null`. */
export async function classNamesIn(
  folder: string,
): Promise<readonly string[] | null> {
  for (const name of CLASS_FILES) {
    const text = await disk.readTextFile(`${folder}/${name}`)
      .catch(() => null);
    const names = text?.split("\n").map((line) => line.trim()).filter(Boolean);
    if (names !== undefined && names.length > 0) return names;
  }
  return null;
}

/** Error for a folder of which all archives are for validation. */
const noneToLearnFrom = (folder: string, suffix: string): Opened =>
  badFolder(folder, `no ${suffix} file of the split train`, "train in a name");

/**
 * Archives with a suffix; `null` if there is none. Where none is for validation, those for
 * training are opened in either split, as they are where splits have no names.
 */
export async function openArchives(
  content: Content,
  suffix: ".tar" | ".parquet",
  wanted: Split,
): Opening {
  const { path, files } = content;
  const archives = files.filter((name) => name.toLowerCase().endsWith(suffix));
  if (archives.length === 0) return null;
  const isWhole = splitFiles(archives, "test").length === 0;
  const split = isWhole ? "train" : wanted;
  const own = splitFiles(archives, split);
  if (own.length === 0) return noneToLearnFrom(path, suffix);
  const name = own.length < archives.length ? `${path} ${split}` : path;
  const paths = own.map((each) => `${path}/${each}`);
  const opened = suffix === ".tar"
    ? await webDataset(name, paths, await classNamesIn(path))
    : await parquetImages(name, paths);
  const parts = SPLITS.flatMap((each) => splitFiles(archives, each));
  return without(
    opened,
    unused(content, [...parts, ...(suffix === ".tar" ? CLASS_FILES : [])]),
  );
}
