/**
 * Folders of image files.
 *
 * @module
 */
import { left, printable, type Result, right } from "../core/mod.ts";
import { counted } from "./counted.ts";
import { type DataError, reasonOf } from "./data_error.ts";
import { readImageFile } from "./image_file.ts";
import type { ImageSource } from "./image_source.ts";
import {
  bytesInWords,
  inspectFiles,
  type Inspection,
} from "./inspect_files.ts";
import { noImageAmong } from "./no_image_among.ts";
import { IMAGENET_NORMALIZATION } from "./normalization.ts";

const IMAGE_FILE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;
/** Image files, in words for messages. */
const IMAGE_FILES = "JPEG, PNG, WebP, GIF, TIFF or AVIF files";

/** What lies directly in a folder; hidden entries are left out. */
interface Listing {
  readonly images: readonly string[];
  readonly folders: readonly string[];
  /** Files that are no images, by name. */
  readonly otherNames: readonly string[];
  readonly others: number;
  /** Links among them that lead out of the data. */
  readonly outside: number;
}

/** One entry of a folder. */
interface Entry {
  readonly name: string;
  readonly isDirectory: boolean;
  readonly isFile: boolean;
  readonly isOutside: boolean;
}

/** An image file and its class. */
interface Sample {
  readonly path: string;
  readonly label: number | null;
}

/** The images of a folder before they are a source. */
interface Collection {
  readonly samples: readonly Sample[];
  readonly classNames: readonly string[] | null;
  readonly others: number;
  readonly outside: number;
}

const badFolder = (
  path: string,
  found: string,
  wanted: string,
): Result<DataError, never> => left({ _tag: "BadFolder", path, found, wanted });

/** By code unit, so that labels and order are the same under every locale. */
const inOrder = (names: readonly string[]): readonly string[] =>
  [...names].sort((a, b) => a < b ? -1 : 1);

/** Whether a real path is that of a folder or lies below it. */
function isWithin(folder: string, path: string): boolean {
  if (!path.startsWith(folder)) return false;
  const next = path[folder.length];
  return next === undefined || /[/\\]$/.test(folder) || /[/\\]/.test(next);
}

/** Whether a link ends outside of a folder; one that ends nowhere does not. */
async function leadsOut(root: string, link: string): Promise<boolean> {
  const end = await Deno.realPath(link).catch(() => null);
  return end !== null && !isWithin(root, end);
}

/** What an entry is, links followed. A link to nothing counts as a file that cannot be read. */
async function kindOf(
  root: string,
  folder: string,
  { name, isSymlink, isDirectory, isFile }: Deno.DirEntry,
): Promise<Entry> {
  if (!isSymlink) return { name, isDirectory, isFile, isOutside: false };
  const path = `${folder}/${name}`;
  const end = await Deno.stat(path).catch(() => null);
  return {
    name,
    isDirectory: end?.isDirectory ?? false,
    isFile: end?.isFile ?? true,
    isOutside: await leadsOut(root, path),
  };
}

/** What lies in a folder; `root` is the real path of the data. */
async function list(root: string, folder: string): Promise<Listing> {
  const entries: Deno.DirEntry[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.name.startsWith(".")) entries.push(entry);
  }
  const kinds = await Promise.all(
    entries.map((entry) => kindOf(root, folder, entry)),
  );
  const folders = kinds.filter(({ isDirectory }) => isDirectory);
  // A pipe or a device may wait for ever when it is read.
  const isImage = ({ name, isFile }: Entry): boolean =>
    isFile && IMAGE_FILE.test(name);
  const images = kinds.filter(isImage);
  const others = kinds.filter((kind) => !kind.isDirectory && !isImage(kind));
  const used = [...folders, ...images];
  return {
    images: inOrder(images.map(({ name }) => name)),
    folders: inOrder(folders.map(({ name }) => name)),
    otherNames: inOrder(others.map(({ name }) => name)),
    others: others.length,
    outside: used.filter(({ isOutside }) => isOutside).length,
  };
}

/** Folders that a path goes through, by their real paths, outermost first. */
type Way = readonly string[];

/** The way into a folder; throws where a link leads back to a folder of the way. */
async function wayInto(folder: string, way: Way): Promise<Way> {
  const real = await Deno.realPath(folder);
  if (way.includes(real)) {
    throw new Error(`a link that leads back: ${folder} is ${real}`);
  }
  return [...way, real];
}

/** Sums of what is not an image of its own. */
const asideOf = (
  own: Pick<Listing, "others" | "outside">,
  below: readonly Collection[],
): Pick<Listing, "others" | "outside"> => ({
  others: below.reduce((sum, { others }) => sum + others, own.others),
  outside: below.reduce((sum, { outside }) => sum + outside, own.outside),
});

/** All images below a folder, those of the folder itself first. */
async function collect(
  folder: string,
  label: number | null,
  listing: Listing,
  outer: Way,
): Promise<Collection> {
  const way = await wayInto(folder, outer);
  const [root = ""] = way;
  const own = listing.images.map((name) => ({
    path: `${folder}/${name}`,
    label,
  }));
  const below: Collection[] = [];
  for (const name of listing.folders) {
    const path = `${folder}/${name}`;
    below.push(await collect(path, label, await list(root, path), way));
  }
  return {
    samples: [...own, ...below.flatMap(({ samples }) => samples)],
    classNames: null,
    ...asideOf(listing, below),
  };
}

async function collectClasses(
  folder: string,
  listing: Listing,
): Promise<Result<DataError, Collection>> {
  const classes: Collection[] = [];
  const way = await wayInto(folder, []);
  const [root = ""] = way;
  for (const [label, name] of listing.folders.entries()) {
    const path = `${folder}/${name}`;
    const found = await collect(path, label, await list(root, path), way);
    if (found.samples.length === 0) {
      return badFolder(path, "no image", `${IMAGE_FILES} of one class`);
    }
    classes.push(found);
  }
  return right({
    samples: classes.flatMap(({ samples }) => samples),
    classNames: listing.folders,
    ...asideOf(listing, classes),
  });
}

async function collectRoot(
  root: string,
): Promise<Result<DataError, Collection>> {
  const listing = await list(await Deno.realPath(root), root);
  const { images, folders, otherNames } = listing;
  if (images.length > 0 && folders.length > 0) {
    const found = `${images.length} images beside ${folders.length} folders`;
    return badFolder(root, found, "either images or a folder for each class");
  }
  if (images.length > 0) return right(await collect(root, null, listing, []));
  if (folders.length > 0) return collectClasses(root, listing);
  const found = otherNames.length === 0
    ? "an empty folder"
    : noImageAmong(otherNames);
  return badFolder(root, found, `${IMAGE_FILES}, or a folder for each class`);
}

/** How large the files are, and on how many that rests if not on all. */
function sizesInWords({ sizes, looked }: Inspection, length: number): string {
  if (sizes === null) return "";
  const [least, most] = sizes.map(bytesInWords);
  const range = least === most ? `${least} each` : `${least} to ${most}`;
  return looked < length ? `, ${range} of ${looked} looked at` : `, ${range}`;
}

function summaryOf(
  { samples, classNames, others, outside }: Collection,
  inspection: Inspection,
): string {
  const { length } = samples;
  const { unreadable, reason } = inspection;
  const classes = classNames === null
    ? ""
    : ` in ${counted(classNames.length, "class")}`;
  const notes = [
    ...(others === 0 ? [] : [`${counted(others, "other file")} left out`]),
    ...(outside === 0 ? [] : [`${counted(outside, "link")} out of the folder`]),
    ...(reason === null ? [] : [`${unreadable} cannot be read: ${reason}`]),
  ];
  const aside = notes.length === 0 ? "" : ` (${notes.join("; ")})`;
  return `${length} images${classes}${
    sizesInWords(inspection, length)
  }${aside}`;
}

function sourceOf(
  root: string,
  collection: Collection,
  inspection: Inspection,
): ImageSource {
  const { samples, classNames } = collection;
  const nameOf = (index: number): string =>
    samples[index]?.path ?? `${root}, image ${index}`;
  return {
    name: root,
    summary: printable(summaryOf(collection, inspection)),
    length: samples.length,
    classNames,
    normalization: IMAGENET_NORMALIZATION,
    label: (index) => samples[index]?.label ?? null,
    imageName: nameOf,
    read: async (index) => {
      try {
        const bytes = await readImageFile(nameOf(index));
        return right({ _tag: "EncodedImage", bytes });
      } catch (error) {
        const [image, reason] = [nameOf(index), reasonOf(error)];
        return left({ _tag: "BadImage", image, reason });
      }
    },
  };
}

/**
 * The images of a folder: either directly in it, without labels, or in one
 * folder for each class (at any depth below it), as torchvision's ImageFolder
 * has them.
 *
 * Files are known by their suffix in small or capital letters; classes and
 * images are sorted by name. Hidden files and folders are passed over, other
 * files are counted in the summary. Links are followed, also out of the folder,
 * but not in circles; the summary says how many lead out. Files are opened once to
 * see how large they are and which cannot be read (10,000 evenly spread where there
 * are more), and read when they are asked for.
 *
 * @param folder Path of the folder.
 * @returns A source, or what is wrong: no such folder, not a folder, nothing in
 * it, no image in it or in one of its classes, images beside classes.
 *
 * @see {@link https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html}
 */
export async function imageFolder(
  folder: string,
): Promise<Result<DataError, ImageSource>> {
  try {
    if (!(await Deno.stat(folder)).isDirectory) {
      return badFolder(folder, "a file", "a folder of images");
    }
    const collection = await collectRoot(folder);
    if (collection._tag === "Left") return collection;
    const paths = collection.right.samples.map(({ path }) => path);
    const inspection = await inspectFiles(paths);
    return right(sourceOf(folder, collection.right, inspection));
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    const found = missing ? "nothing there" : reasonOf(error);
    return badFolder(folder, found, "a folder of images");
  }
}
