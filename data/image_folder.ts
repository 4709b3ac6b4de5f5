/**
 * Folders of JPEG, PNG and WebP files.
 *
 * @module
 */
import { left, type Result, right } from "../core/mod.ts";
import { type DataError, reasonOf } from "./data_error.ts";
import type { ImageSource } from "./image_source.ts";
import { IMAGENET_NORMALIZATION } from "./normalization.ts";

const IMAGE_FILE = /\.(jpe?g|png|webp)$/i;
/** Image files, in words for messages. */
const IMAGE_FILES = "JPEG, PNG or WebP files";

/** What lies directly in a folder; hidden entries are left out. */
interface Listing {
  readonly images: readonly string[];
  readonly folders: readonly string[];
  readonly others: number;
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
}

const badFolder = (
  path: string,
  found: string,
  wanted: string,
): Result<DataError, never> => left({ _tag: "BadFolder", path, found, wanted });

/** By code unit, so that labels and order are the same under every locale. */
const inOrder = (names: readonly string[]): readonly string[] =>
  [...names].sort((a, b) => a < b ? -1 : 1);

async function list(folder: string): Promise<Listing> {
  const entries: Deno.DirEntry[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.name.startsWith(".")) entries.push(entry);
  }
  const kinds = await Promise.all(
    entries.map(async ({ name, isSymlink, isDirectory }) => ({
      name,
      isFolder: isSymlink
        ? (await Deno.stat(`${folder}/${name}`)).isDirectory
        : isDirectory,
    })),
  );
  const files = kinds.filter(({ isFolder }) => !isFolder);
  const images = files.filter(({ name }) => IMAGE_FILE.test(name));
  const folders = kinds.filter(({ isFolder }) => isFolder);
  return {
    images: inOrder(images.map(({ name }) => name)),
    folders: inOrder(folders.map(({ name }) => name)),
    others: files.length - images.length,
  };
}

/** All images below a folder, those of the folder itself first. */
async function collect(
  folder: string,
  label: number | null,
  listing: Listing,
): Promise<Collection> {
  const own = listing.images.map((name) => ({
    path: `${folder}/${name}`,
    label,
  }));
  const below = [];
  for (const name of listing.folders) {
    const path = `${folder}/${name}`;
    below.push(await collect(path, label, await list(path)));
  }
  return {
    samples: [...own, ...below.flatMap(({ samples }) => samples)],
    classNames: null,
    others: below.reduce((sum, { others }) => sum + others, listing.others),
  };
}

async function collectClasses(
  root: string,
  { folders, others }: Listing,
): Promise<Result<DataError, Collection>> {
  const classes: Collection[] = [];
  for (const [label, name] of folders.entries()) {
    const path = `${root}/${name}`;
    const found = await collect(path, label, await list(path));
    if (found.samples.length === 0) {
      return badFolder(path, "no image", `${IMAGE_FILES} of one class`);
    }
    classes.push(found);
  }
  return right({
    samples: classes.flatMap(({ samples }) => samples),
    classNames: folders,
    others: classes.reduce((sum, found) => sum + found.others, others),
  });
}

async function collectRoot(
  root: string,
): Promise<Result<DataError, Collection>> {
  const listing = await list(root);
  const { images, folders, others } = listing;
  if (images.length > 0 && folders.length > 0) {
    const found = `${images.length} images beside ${folders.length} folders`;
    return badFolder(root, found, "either images or a folder for each class");
  }
  if (images.length > 0) return right(await collect(root, null, listing));
  if (folders.length > 0) return collectClasses(root, listing);
  const found = others === 0
    ? "an empty folder"
    : `no image among ${others} files`;
  return badFolder(root, found, `${IMAGE_FILES}, or a folder for each class`);
}

function summaryOf({ samples, classNames, others }: Collection): string {
  const classes = classNames === null ? "" : ` in ${classNames.length} classes`;
  const ignored = others === 0 ? "" : ` (${others} other files left out)`;
  return `${samples.length} images${classes}${ignored}`;
}

function sourceOf(root: string, collection: Collection): ImageSource {
  const { samples, classNames } = collection;
  const nameOf = (index: number): string =>
    samples[index]?.path ?? `${root}, image ${index}`;
  return {
    name: root,
    summary: summaryOf(collection),
    length: samples.length,
    classNames,
    normalization: IMAGENET_NORMALIZATION,
    label: (index) => samples[index]?.label ?? null,
    imageName: nameOf,
    read: async (index) => {
      try {
        const bytes = await Deno.readFile(nameOf(index));
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
 * files are counted in the summary. Files are read when they are asked for.
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
    return collection._tag === "Left"
      ? collection
      : right(sourceOf(folder, collection.right));
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    const found = missing ? "nothing there" : reasonOf(error);
    return badFolder(folder, found, "a folder of images");
  }
}
