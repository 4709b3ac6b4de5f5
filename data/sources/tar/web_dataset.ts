/**
 * WebDataset: images and their classes in tar archives.
 *
 * @see {@link https://github.com/webdataset/webdataset}
 */
import { disk, type OpenFile } from "../../resources/disk.ts";
import { printable, type Result, right } from "../../../core/mod.ts";
import {
  type ClassLabels,
  classLabels,
  inClasses,
  LABEL_FIELDS,
  labelAt,
} from "../class_labels.ts";
import { bytesInWords, counted, Tally } from "../../report/counts.ts";
import {
  badFile,
  badImage,
  type DataError,
  reasonOf,
} from "../../report/data_error.ts";
import { disposing } from "../../resources/disposing.ts";
import { checkImageBytes, FileWindow, readRange } from "../read_file.ts";
import type { ImageSource } from "../../image/image_source.ts";
import { noImageAmong } from "../file_names.ts";
import { IMAGENET_NORMALIZATION } from "../../image/normalization.ts";
import { type TarEntry, tarIndex } from "./tar_index.ts";
import { type TarSample, tarSamples } from "./tar_samples.ts";

/** A class is a number or a name; more bytes than this are none. */
const LONGEST_CLASS = 256;
/** A JSON file about an image; a larger one is about something else, bytes. */
const LARGEST_JSON = 1 << 20;
/** JSON files of a shard that are looked at for a class before it is taken to be elsewhere. */
const JSON_LOOKED_AT = 16;

/** An image of a shard. */
interface Stored {
  readonly shard: string;
  readonly image: TarEntry;
}

/** Contents of shards. */
interface Shards {
  readonly images: Stored[];
  /** Stored class of each image. */
  readonly labels: unknown[];
  /** Files that are not used. */
  readonly skipped: Tally;
  /** Shards that hold no image. */
  readonly empty: Tally;
  /** Fields of JSON files that classes were taken from. */
  readonly fields: Set<string>;
  /** Fault of a shard without images. */
  readonly nothing: { readonly path: string; readonly found: string }[];
}

/** The last part of a path. */
const fileName = (path: string): string =>
  path.slice(path.lastIndexOf("/") + 1);

/** Reads small files of an archive, named in what is thrown. */
type ReadMember = (entry: TarEntry) => Promise<Uint8Array>;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A class in a file of its own: a text, or what JSON says where it is a list or a record. */
async function classIn(read: ReadMember, entry: TarEntry): Promise<unknown> {
  if (entry.size > LONGEST_CLASS) return new Uint8Array([0xff]);
  const bytes = await read(entry);
  try {
    const text = utf8.decode(bytes);
    return /^[[{]/.test(text) ? JSON.parse(text) : text;
  } catch {
    return bytes;
  }
}

/** The field of a JSON file that holds a class, and what it holds. */
async function fieldIn(
  read: ReadMember,
  entry: TarEntry,
): Promise<readonly [string, unknown] | null> {
  if (entry.size > LARGEST_JSON) return null;
  const bytes = await read(entry);
  try {
    const json = JSON.parse(new TextDecoder().decode(bytes));
    const field = LABEL_FIELDS.find((name) => Object.hasOwn(json ?? {}, name));
    return field === undefined ? null : [field, json[field]];
  } catch {
    return null;
  }
}

/** Classes in JSON files; none where the first of them have none. */
async function labelsInJson(
  samples: readonly TarSample[],
  read: ReadMember,
  { fields, skipped }: Shards,
): Promise<readonly unknown[]> {
  const labels: unknown[] = [];
  let found = 0;
  for (const [i, { json }] of samples.entries()) {
    const isHopeless = found === 0 && i >= JSON_LOOKED_AT;
    const field = json === null || isHopeless
      ? null
      : await fieldIn(read, json);
    labels.push(field?.[1] ?? null);
    if (field === null) continue;
    fields.add(field[0]);
    found++;
  }
  for (const { json } of samples) {
    if (found === 0 && json !== null) skipped.add(".json", json.name);
  }
  return labels;
}

/** Stored classes of samples: in files of their own, else in JSON files. */
const labelsOf = (
  path: string,
  samples: readonly TarSample[],
  shards: Shards,
): Promise<readonly unknown[]> =>
  disposing(disk.open(path), (file) => labelsIn(file, samples, shards));

async function labelsIn(
  file: OpenFile,
  samples: readonly TarSample[],
  shards: Shards,
): Promise<readonly unknown[]> {
  const window = new FileWindow(file);
  const read: ReadMember = async ({ name, offset, size }) => {
    const bytes = (await window.bytes(offset, size)).slice();
    if (bytes.length === size) return bytes;
    throw new Error(`${name}, cut short`);
  };
  if (samples.every(({ classFile }) => classFile === null)) {
    return await labelsInJson(samples, read, shards);
  }
  const labels: unknown[] = [];
  for (const { classFile, json } of samples) {
    if (json !== null) shards.skipped.add(".json", json.name);
    labels.push(classFile === null ? null : await classIn(read, classFile));
  }
  return labels;
}

/** Adds the images of a shard; one without any is noted. */
async function addShard(
  path: string,
  shards: Shards,
): Promise<Result<DataError, void>> {
  const index = await tarIndex(path);
  if (index._tag === "Left") return index;
  const { archives, skipped } = index.right;
  shards.skipped.addAll(skipped);
  const names = archives.flat().map(({ name }) => name);
  const samples = archives.flatMap((entries) =>
    tarSamples(entries, shards.skipped)
  );
  if (samples.length === 0) {
    const found = noImageAmong(names);
    const kind = names.length === 0
      ? "empty archive"
      : "archive without images";
    shards.empty.add(kind, fileName(path));
    shards.nothing.push({ path, found });
    return right(undefined);
  }
  try {
    for (const label of await labelsOf(path, samples, shards)) {
      shards.labels.push(label);
    }
  } catch (error) {
    return badFile(path, reasonOf(error), "an archive that stays as it is");
  }
  for (const { image } of samples) shards.images.push({ shard: path, image });
  return right(undefined);
}

const nameIn = ({ shard, image }: Stored): string => `${shard}:${image.name}`;

/** Folders that images lie in where no file tells a class: some take them for classes. */
function foldersNote(images: readonly Stored[]): readonly string[] {
  const folders = new Set(
    images.map(({ image: { name } }) =>
      name.slice(0, Math.max(0, name.lastIndexOf("/")))
    ),
  );
  return folders.size < 2 ? [] : [
    `no classes: ${folders.size} folders in archives are not taken for them`,
  ];
}

/** Summary: found, chosen and skipped. */
function summaryOf(
  { images, skipped, empty, fields }: Shards,
  { classNames, notes, fault }: ClassLabels,
  count: number,
): string {
  const bytes = images.reduce((sum, { image }) => sum + image.size, 0);
  const blank = new Tally();
  for (const stored of images) {
    if (stored.image.size === 0) blank.add("without a byte", stored.image.name);
  }
  const from = [...fields].join(" or ");
  const all = [
    `${bytesInWords(bytes)} in ${counted(count, "tar archive")}`,
    ...from === "" ? [] : [`classes from ${from} in .json`],
    ...notes,
    ...fault === null ? [] : [`no classes: ${fault}`],
    ...classNames === null && fault === null ? foldersNote(images) : [],
    ...blank.isEmpty ? [] : [blank.words],
    ...empty.isEmpty ? [] : [`passed over: ${empty.words}`],
    ...skipped.isEmpty ? [] : [`left out: ${skipped.words}`],
  ];
  return printable(
    `${counted(images.length, "image")}${inClasses(classNames)} (${
      all.join("; ")
    })`,
  );
}

function sourceOf(
  name: string,
  shards: Shards,
  count: number,
  classNames: readonly string[] | null,
): ImageSource {
  const { images } = shards;
  const nameOf = (index: number): string => {
    const at = images[index];
    return at === undefined ? `${name}, image ${index}` : nameIn(at);
  };
  const parts = [{ values: shards.labels, names: classNames }];
  const labels = classLabels(parts, (index) => {
    const at = images[index];
    return at === undefined ? "" : nameIn({ ...at, shard: fileName(at.shard) });
  });
  return {
    name,
    summary: summaryOf(shards, labels, count),
    length: images.length,
    classNames: labels.classNames,
    labelFault: labels.fault,
    normalization: IMAGENET_NORMALIZATION,
    label: labelAt(labels),
    imageName: nameOf,
    bytes: (index) => Promise.resolve(images[index]?.image.size ?? null),
    read: async (index) => {
      const bad = (reason: string) => badImage(nameOf(index), reason);
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
 * a number or a name (`.cls`, or a field `label` of `.json`). Names may have dots
 * of their own. Of several images of a sample one is taken.
 *
 * Archives are indexed once, by their headers; then images are read in any order
 * by their offsets. Names inside of archives are names and never paths; links stand
 * for the members that they mean. Files that are not used, archives without images
 * and images without a label are counted in the summary, with an example of each.
 *
 * @param name Name of the source, for messages.
 * @param shards Paths of the archives, in order.
 * @param classNames Names of the classes by number, or `null` if they have none.
 * @returns A source, labelled if there are classes; or what is wrong: an archive
 * that is missing, compressed, damaged or cut short, or no image in any of them.
 *
 * @example Two images in an archive
 * ```ts
 * import { webDataset } from "@vitfreeze/vitfreeze";
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
  const found: Shards = {
    images: [],
    labels: [],
    skipped: new Tally(),
    empty: new Tally(),
    fields: new Set(),
    nothing: [],
  };
  for (const shard of shards) {
    const added = await addShard(shard, found);
    if (added._tag === "Left") return added;
  }
  if (found.images.length > 0) {
    return right(sourceOf(name, found, shards.length, classNames));
  }
  const { path, found: nothing } = found.nothing.at(-1) ??
    { path: name, found: "no archive" };
  return badFile(path, nothing, "images in an archive");
}
