/**
 * WebDataset: images and their classes in tar archives.
 *
 * @see {@link https://github.com/webdataset/webdataset}
 *
 * @module
 */
import { left, type Result, right } from "../core/mod.ts";
import { counted } from "./counted.ts";
import { type DataError, reasonOf } from "./data_error.ts";
import { checkImageBytes } from "./image_file.ts";
import type { ImageSource } from "./image_source.ts";
import { bytesInWords } from "./inspect_files.ts";
import { noImageAmong } from "./no_image_among.ts";
import { IMAGENET_NORMALIZATION } from "./normalization.ts";
import { readRange } from "./read_range.ts";
import { type TarEntry, tarIndex } from "./tar_index.ts";

const IMAGE_SUFFIX = /^(jpe?g|png|webp|gif|tiff?|avif)$/i;
/** A class is a number; more digits than this are none. */
const LONGEST_LABEL = 16;

/** Files of an archive that have their name up to the first dot in common. */
interface Sample {
  readonly shard: string;
  readonly key: string;
  image: TarEntry | null;
  classFile: TarEntry | null;
}

/** An image and its class. */
interface Labelled {
  readonly shard: string;
  readonly image: TarEntry;
  readonly label: number | null;
}

const badShard = (
  path: string,
  found: string,
  wanted: string,
): Result<DataError, never> => left({ _tag: "BadFile", path, found, wanted });

/** Name up to the first dot behind the last slash, and what follows the dot. */
function keyAndSuffix(name: string): readonly [string, string] {
  const dot = name.indexOf(".", name.lastIndexOf("/") + 1);
  return dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** Samples of an archive in the order of their first files. */
function samplesOf(
  shard: string,
  entries: readonly TarEntry[],
): Result<DataError, readonly Sample[]> {
  const samples = new Map<string, Sample>();
  for (const entry of entries) {
    const [key, suffix] = keyAndSuffix(entry.name);
    const sample = samples.get(key) ??
      { shard, key, image: null, classFile: null };
    samples.set(key, sample);
    if (IMAGE_SUFFIX.test(suffix)) {
      if (sample.image !== null) {
        const found = `two images of sample ${key}`;
        return badShard(shard, found, "one image for each sample");
      }
      sample.image = entry;
    } else if (suffix === "cls") sample.classFile = entry;
  }
  return right([...samples.values()].filter(({ image }) => image !== null));
}

/** The class of a sample; `null` if it has none. */
async function labelOf(
  { shard, classFile }: Sample,
): Promise<Result<DataError, number | null>> {
  if (classFile === null) return right(null);
  const { name, offset, size } = classFile;
  const bytes = await readRange(shard, offset, Math.min(size, LONGEST_LABEL));
  const text = new TextDecoder().decode(bytes).trim();
  return /^\d{1,6}$/.test(text) && size <= LONGEST_LABEL
    ? right(Number(text))
    : badShard(
      shard,
      `${JSON.stringify(text)} in ${name}`,
      "the number of a class",
    );
}

async function labelled(
  samples: readonly Sample[],
): Promise<Result<DataError, readonly Labelled[]>> {
  const found: Labelled[] = [];
  for (const sample of samples) {
    const label = await labelOf(sample);
    if (label._tag === "Left") return label;
    const { shard, image } = sample;
    if (image !== null) found.push({ shard, image, label: label.right });
  }
  return right(found);
}

async function openShard(
  path: string,
): Promise<Result<DataError, readonly Labelled[]>> {
  const entries = await tarIndex(path);
  if (entries._tag === "Left") return entries;
  const samples = samplesOf(path, entries.right);
  if (samples._tag === "Left") return samples;
  if (samples.right.length === 0) {
    const found = noImageAmong(entries.right.map(({ name }) => name));
    return badShard(path, found, "images in an archive");
  }
  try {
    return await labelled(samples.right);
  } catch (error) {
    return badShard(path, reasonOf(error), "an archive that stays as it is");
  }
}

/** Names of the classes of labels: those given, or else numbers. */
function namesFor(
  path: string,
  images: readonly Labelled[],
  given: readonly string[] | null,
): Result<DataError, readonly string[] | null> {
  const without = images.filter(({ label }) => label === null).length;
  if (without === images.length) return right(null);
  if (without > 0) {
    const found = `${without} of ${images.length} images without a class`;
    return badShard(path, found, "a class for each image, or for none");
  }
  const classes = images.reduce(
    (most, { label }) => Math.max(most, (label ?? 0) + 1),
    0,
  );
  if (given === null) {
    return right(Array.from({ length: classes }, (_, i) => String(i)));
  }
  return classes <= given.length
    ? right(given)
    : badShard(path, `class ${classes - 1}`, `classes below ${given.length}`);
}

function sourceOf(
  name: string,
  images: readonly Labelled[],
  shards: number,
  classNames: readonly string[] | null,
): ImageSource {
  const nameOf = (index: number): string => {
    const at = images[index];
    return at === undefined
      ? `${name}, image ${index}`
      : `${at.shard}:${at.image.name}`;
  };
  const classes = classNames === null
    ? ""
    : ` in ${counted(classNames.length, "class")}`;
  const bytes = images.reduce((sum, { image }) => sum + image.size, 0);
  const size = `${bytesInWords(bytes)} in ${counted(shards, "tar archive")}`;
  return {
    name,
    summary: `${counted(images.length, "image")}${classes} (${size})`,
    length: images.length,
    classNames,
    normalization: IMAGENET_NORMALIZATION,
    label: (index) => images[index]?.label ?? null,
    imageName: nameOf,
    read: async (index) => {
      const bad = (reason: string): Result<DataError, never> =>
        left({ _tag: "BadImage", image: nameOf(index), reason });
      const found = images[index];
      if (found === undefined) return bad("there is no such image");
      const { shard, image: { offset, size } } = found;
      try {
        checkImageBytes(size);
        const bytes = await readRange(shard, offset, size);
        return right({ _tag: "EncodedImage", bytes });
      } catch (error) {
        return bad(reasonOf(error));
      }
    },
  };
}

/**
 * Images of tar archives in the layout of WebDataset: files with the same name up
 * to the first dot belong together, an image (`.jpg`, `.png`, …) and its class as
 * a number (`.cls`); other files are passed over.
 *
 * Archives are indexed once, by their headers; then images are read in any order
 * by their offsets. Names inside of archives are names and never paths.
 *
 * @param name Name of the source, for messages.
 * @param shards Paths of the archives, in order.
 * @param classNames Names of the classes by number, or `null` if they have none.
 * @returns A source, labelled if the images have classes; or what is wrong: an
 * archive that is missing, damaged or cut short, an image with two files, a class
 * that is no number or for a part of the images only.
 *
 * @example Two images in an archive
 * ```ts
 * import { webDataset } from "@vitfreeze/vitfreeze/data";
 * import { packTar } from "modern-tar";
 * import { strictEqual } from "node:assert/strict";
 *
 * const files = { "1.jpg": "…", "1.cls": "0", "2.jpg": "…", "2.cls": "1" };
 * const path = await Deno.makeTempFile({ suffix: ".tar" });
 * await Deno.writeFile(path, await packTar(
 *   Object.entries(files).map(([name, body]) => ({
 *     header: { name, size: new TextEncoder().encode(body).length },
 *     body,
 *   })),
 * ));
 * const source = await webDataset("two", [path], ["cat", "dog"]);
 *
 * strictEqual(source._tag === "Right" && source.right.label(1), 1);
 * await Deno.remove(path);
 * ```
 */
export async function webDataset(
  name: string,
  shards: readonly string[],
  classNames: readonly string[] | null = null,
): Promise<Result<DataError, ImageSource>> {
  const images: Labelled[] = [];
  for (const shard of shards) {
    const found = await openShard(shard);
    if (found._tag === "Left") return found;
    for (const image of found.right) images.push(image);
  }
  if (images.length === 0) return badShard(name, "no archive", "tar archives");
  const names = namesFor(name, images, classNames);
  return names._tag === "Left"
    ? names
    : right(sourceOf(name, images, shards.length, names.right));
}
