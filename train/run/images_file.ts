/**
 * The files that remember the images of a run: its training images, so that a resume
 * finds them and knows them again, and which could not be read.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { excerpt, left, type Result, right } from "../../core/mod.ts";
import {
  type Background,
  BACKGROUNDS,
  type BadImage,
  type ImageSource,
  type Normalization,
} from "../../data/mod.ts";
import { replaceFile } from "../files/atomic_file.ts";
import type { FileFailed } from "../files/file_result.ts";

/** Name of the file of a run's images. */
export const IMAGES_FILE = "images.json";

/** Name of the list of images that a run could not read. */
export const BAD_IMAGES_FILE = "bad_images.json";

/**
 * Draw of the validation images where the data have no validation part:
 * each class its share, or, in runs from before that, a share of all together.
 */
export type HeldOut = "by class" | "over all";

/** Choice of the training images. */
export interface ImageChoice {
  /** Folder of images, or `null` for the embedded ones. */
  readonly data: string | null;
  /** Number of training images, or `null` for all. */
  readonly limit: number | null;
  /** Names of the training classes, or `null` for all. */
  readonly classes: readonly string[] | null;
  /** Share of the images that is held out for validation, or `null` for the data's own part. */
  readonly valShare: number | null;
  /** Draw of that part. */
  readonly heldOut: HeldOut;
  /** Colour that transparent parts are blended onto; `none` in runs from before that. */
  readonly background: Background;
}

/** Content of the file. */
export interface RememberedImages extends ImageChoice {
  /** Their number, in words. */
  readonly found: string;
  /** SHA-256 of their names in order. */
  readonly names: string;
  /** Statistics of their normalisation; absent in files of older runs. */
  readonly normalization?: Normalization;
  /** Digest of their contents, `contentDigest`; absent in files of earlier versions. */
  readonly contents?: string;
}

/** Common beginning of the names in a source: its own name, or the folder of its archives. */
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
 * Description of the images of a run.
 *
 * @param contents Digest of their contents; without it only their names are known again.
 */
export function rememberedImages(
  { data, limit, classes, valShare, heldOut, background }: ImageChoice,
  source: ImageSource,
  contents?: string,
): RememberedImages {
  const { summary: found, normalization } = source;
  const choice = { data, limit, classes, valShare, heldOut, background };
  const known = { ...choice, found, names: namesDigest(source), normalization };
  return contents === undefined ? known : { ...known, contents };
}

/** True if images have the names that a run remembers, in the same order. */
export function haveSameNames(
  { data, names }: RememberedImages,
  before: RememberedImages,
  source: ImageSource,
): boolean {
  // Earlier runs took the folder of the data for the only class.
  const isOutside = data !== null && source.imageName(0).startsWith(`${data}/`);
  return names === before.names ||
    isOutside && namesDigest(source, data) === before.names;
}

/** Writes the file into the folder of a run. */
export function writeImagesFile(
  folder: string,
  images: RememberedImages,
): Promise<Result<FileFailed, void>> {
  const text = `${JSON.stringify(images, null, 2)}\n`;
  return replaceFile(join(folder, IMAGES_FILE), text);
}

const isNames = (classes: unknown): boolean =>
  Array.isArray(classes) && classes.every((name) => typeof name === "string");

function isRemembered(json: unknown): json is RememberedImages {
  const { data, limit, classes, valShare, heldOut, background, ...known } =
    (json ?? {}) as Partial<RememberedImages>;
  const { found, names, contents } = known;
  return (data === null || typeof data === "string") &&
    (limit === null || Number.isSafeInteger(limit)) &&
    (classes === null || isNames(classes)) &&
    (valShare === null || typeof valShare === "number") &&
    (heldOut === "by class" || heldOut === "over all") &&
    BACKGROUNDS.some((one) => one === background) &&
    (contents === undefined || typeof contents === "string") &&
    typeof found === "string" && typeof names === "string";
}

/** Fields that are absent in files of earlier runs. */
const EARLIER = {
  ...{ classes: null, valShare: null },
  ...{ heldOut: "over all", background: "none" },
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

const isBadImage = (json: unknown): json is BadImage => {
  const { index, image, reason } = (json ?? {}) as Partial<BadImage>;
  return Number.isSafeInteger(index) && typeof image === "string" &&
    typeof reason === "string";
};

/**
 * Reads the images that a run could not read, as far as it wrote them down.
 *
 * @returns None where there is no such file, or one of another kind.
 */
export async function readBadImages(
  folder: string,
): Promise<readonly BadImage[]> {
  try {
    const text = await readFile(join(folder, BAD_IMAGES_FILE), "utf8");
    const json: unknown = JSON.parse(text);
    return Array.isArray(json) ? json.filter(isBadImage) : [];
  } catch {
    return [];
  }
}

/** Writes down the images that a run could not read. */
export const writeBadImages = (
  folder: string,
  list: readonly BadImage[],
): Promise<Result<FileFailed, void>> =>
  replaceFile(
    join(folder, BAD_IMAGES_FILE),
    `${JSON.stringify(list, null, 2)}\n`,
  );
