/**
 * The file that remembers which images a run learns from, so that a resume finds
 * them and knows them again.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  excerpt,
  left,
  printable,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  changedContents,
  type ImageSource,
  type Normalization,
} from "../../data/mod.ts";
import { IMAGES_FILE, replaceFile, type TrainError } from "../../train/mod.ts";

/**
 * How images are kept away from learning where the data have no part to judge by:
 * each class its share, or, in runs from before that, a share of all together.
 */
export type HeldOut = "by class" | "over all";

/** Which images a run is asked to learn from. */
export interface ImageChoice {
  /** Folder of images, or `null` for the embedded ones. */
  readonly data: string | null;
  /** How many images to learn from, or `null` for all. */
  readonly limit: number | null;
  /** Names of the classes to learn from, or `null` for all. */
  readonly classes: readonly string[] | null;
  /** Part of the images that is kept to judge by, or `null` for what the data have. */
  readonly valShare: number | null;
  /** How that part is drawn. */
  readonly heldOut: HeldOut;
}

/** Content of the file. */
export interface RememberedImages extends ImageChoice {
  /** How many they are, in words. */
  readonly found: string;
  /** SHA-256 of their names in order. */
  readonly names: string;
  /** What they are normalised with; files of older runs do not say it. */
  readonly normalization?: Normalization;
  /** Digest of their contents, `contentDigest`; absent in files of earlier versions. */
  readonly contents?: string;
}

/** What names in a source begin with: its own name, or the folder of its archives. */
function rootOf({ name, imageName }: ImageSource): string {
  const first = imageName(0);
  if (first.startsWith(name)) return name;
  const differs = [...name].findIndex((letter, i) => letter !== first[i]);
  return name.slice(0, differs);
}

/** SHA-256 of the names in a source, relative to a folder: it may move. */
function namesDigest(source: ImageSource, root = rootOf(source)): string {
  const hash = createHash("sha256");
  for (let i = 0; i < source.length; i++) {
    const name = source.imageName(i);
    const relative = name.startsWith(root) ? name.slice(root.length) : name;
    hash.update(`${relative}\n`);
  }
  return hash.digest("hex");
}

/**
 * What to remember of the images of a run.
 *
 * @param choice What was asked for.
 * @param source The images that the run learns from.
 * @param contents Digest of their contents; without it only their names are known again.
 */
export function rememberedImages(
  { data, limit, classes, valShare, heldOut }: ImageChoice,
  source: ImageSource,
  contents?: string,
): RememberedImages {
  const { summary: found, normalization } = source;
  const choice = { data, limit, classes, valShare, heldOut };
  const known = { ...choice, found, names: namesDigest(source), normalization };
  return contents === undefined ? known : { ...known, contents };
}

/** Names from the folder of the data on: earlier runs took it for the only class. */
const namesFromOutside = (
  { data }: RememberedImages,
  source: ImageSource,
): string | null =>
  data !== null && source.imageName(0).startsWith(`${data}/`)
    ? namesDigest(source, data)
    : null;

/**
 * How images differ from those of an earlier run.
 *
 * @param now What is to be remembered of the images.
 * @param before What was.
 * @param source The images.
 * @returns `null` if they have the same names in the same order.
 */
export function imagesDiffer(
  now: RememberedImages,
  before: RememberedImages,
  source: ImageSource,
): string | null {
  const same = [now.names, namesFromOutside(now, source)];
  if (same.includes(before.names)) return null;
  return now.found === before.found
    ? `its images had other names: ${before.found}`
    : `it learned from ${before.found}; here are ${now.found}`;
}

/** Part of the images that may have been mended since. */
const MENDED = 0.01;

/** What is known of images that are other ones under the same names. */
export interface OtherContents {
  /** In words. */
  readonly words: string;
  /** Whether they are no more than were mended: one, or 1 %. */
  readonly isMended: boolean;
}

/**
 * What has changed of images under the same names, as far as their sizes and a sample
 * of their contents tell.
 *
 * @param now The images.
 * @param before Those of an earlier run.
 * @param source The images, for their names.
 * @returns `null` if nothing has, or nothing is known.
 */
export function otherContents(
  { contents: now }: RememberedImages,
  { contents: before }: RememberedImages,
  source: ImageSource,
): OtherContents | null {
  const known = now === undefined || before === undefined
    ? null
    : changedContents(before, now);
  const [first] = known?.changed ?? [];
  if (known === null || first === undefined) return null;
  const { parts, changed } = known;
  const name = source.imageName(Math.floor(first * source.length / parts));
  const what = parts === source.length ? "images" : "parts of the images";
  const words =
    `${changed.length} of ${parts} ${what} have other sizes or contents under the same names, the first at ${name}`;
  const isMended = changed.length <= Math.max(1, MENDED * parts);
  return { words: printable(words), isMended };
}

/** Writes the file into the folder of a run. */
export function writeImagesFile(
  folder: string,
  images: RememberedImages,
): Promise<Result<TrainError, void>> {
  const text = `${JSON.stringify(images, null, 2)}\n`;
  return replaceFile(join(folder, IMAGES_FILE), text);
}

const isNames = (classes: unknown): boolean =>
  Array.isArray(classes) && classes.every((name) => typeof name === "string");

function isRemembered(json: unknown): json is RememberedImages {
  const { data, limit, classes, valShare, heldOut, found, names, contents } =
    (json ?? {}) as Partial<RememberedImages>;
  return (data === null || typeof data === "string") &&
    (limit === null || Number.isSafeInteger(limit)) &&
    (classes === null || isNames(classes)) &&
    (valShare === null || typeof valShare === "number") &&
    (heldOut === "by class" || heldOut === "over all") &&
    (contents === undefined || typeof contents === "string") &&
    typeof found === "string" && typeof names === "string";
}

/** What files of earlier runs do not say and cannot be absent. */
const EARLIER = {
  classes: null,
  valShare: null,
  heldOut: "over all",
} as const;

const completed = (json: unknown): unknown =>
  typeof json === "object" && json !== null ? { ...EARLIER, ...json } : json;

/** Reads the file in the folder of a run, or says what is wrong with it. */
export async function readImagesFile(
  folder: string,
): Promise<Result<string, RememberedImages>> {
  const path = join(folder, IMAGES_FILE);
  try {
    const json = completed(JSON.parse(await readFile(path, "utf8")));
    return isRemembered(json)
      ? right(json)
      : left(`${path} does not say which images a run had`);
  } catch (thrown) {
    return left(
      `${path}: ${
        excerpt(thrown instanceof Error ? thrown.message : String(thrown))
      }`,
    );
  }
}
