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
import { changedContents, type ImageSource } from "../../data/mod.ts";
import { replaceFile, type TrainError } from "../../train/mod.ts";

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
}

/** Content of the file. */
export interface RememberedImages extends ImageChoice {
  /** How many they are, in words. */
  readonly found: string;
  /** SHA-256 of their names in order. */
  readonly names: string;
  /** Digest of their contents, `contentDigest`; absent in files of earlier versions. */
  readonly contents?: string;
}

const IMAGES_FILE = "images.json";

/** What names in a source begin with: its own name, or the folder of its archives. */
function rootOf({ name, imageName }: ImageSource): string {
  const first = imageName(0);
  if (first.startsWith(name)) return name;
  const differs = [...name].findIndex((letter, i) => letter !== first[i]);
  return name.slice(0, differs);
}

/** SHA-256 of the names in a source, relative to it: a folder may move. */
function namesDigest(source: ImageSource): string {
  const hash = createHash("sha256");
  const root = rootOf(source);
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
  { data, limit, classes, valShare }: ImageChoice,
  source: ImageSource,
  contents?: string,
): RememberedImages {
  const [found, names] = [source.summary, namesDigest(source)];
  const known = { data, limit, classes, valShare, found, names };
  return contents === undefined ? known : { ...known, contents };
}

/**
 * How images differ from those of an earlier run.
 *
 * @returns `null` if they have the same names in the same order.
 */
export function imagesDiffer(
  now: RememberedImages,
  before: RememberedImages,
): string | null {
  if (now.names === before.names) return null;
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
  const { data, limit, classes, valShare, found, names, contents } =
    (json ?? {}) as Partial<RememberedImages>;
  return (data === null || typeof data === "string") &&
    (limit === null || Number.isSafeInteger(limit)) &&
    (classes === null || isNames(classes)) &&
    (valShare === null || typeof valShare === "number") &&
    (contents === undefined || typeof contents === "string") &&
    typeof found === "string" && typeof names === "string";
}

/** Files of runs from before classes and shares could be chosen say nothing of them. */
const completed = (json: unknown): unknown =>
  typeof json === "object" && json !== null
    ? { classes: null, valShare: null, ...json }
    : json;

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
