/** Folders of image files. */
import { disk } from "../../resources/disk.ts";
import { left, printable, type Result, right } from "../../../core/mod.ts";
import { bytesInWords, counted } from "../../report/counts.ts";
import {
  badFolder,
  badImage,
  type DataError,
  reasonOf,
} from "../../report/data_error.ts";
import { readImageFile } from "../read_file.ts";
import { IMAGE_FORMATS, isImageName } from "../../image/image_format.ts";
import type { ImageSource } from "../../image/image_source.ts";
import { inspectFiles, type Inspection } from "../inspect_files.ts";
import { noImageAmong } from "../file_names.ts";
import { IMAGENET_NORMALIZATION } from "../../image/normalization.ts";
import {
  type FolderContent,
  folderContent,
  FolderError,
  folderFault,
  inOrder,
  isArchive,
} from "./folder_content.ts";
import { skipped, type SkippedFiles } from "./skipped_files.ts";

/** Image files, in words for messages. */
const IMAGE_FILES = `${IMAGE_FORMATS} files`;

/** An image file and its class. */
interface Sample {
  readonly path: string;
  readonly label: number | null;
}

/** A class and the folder with its images. */
export interface ClassFolder {
  /** Name of the class. */
  readonly name: string;
  /** Path of its folder. */
  readonly path: string;
}

/** The images of a folder before they are a source. */
export interface Collection {
  readonly samples: readonly Sample[];
  readonly classNames: readonly string[] | null;
  /** Folders within classes: their images are of the class. */
  readonly inner: number;
  /** Links among the images and folders that lead out of the data. */
  readonly outside: number;
}

/** State of a walk over the data. */
export interface Walk {
  /** Real path of the data. */
  readonly root: string;
  readonly aside: SkippedFiles;
}

/** True if a real path is that of a folder or lies below it. */
function isWithin(folder: string, path: string): boolean {
  if (!path.startsWith(folder)) return false;
  const next = path[folder.length];
  return next === undefined || /[/\\]$/.test(folder) || /[/\\]/.test(next);
}

/** Count of the links of a folder that end outside of the data; those that end nowhere do not. */
async function linksOut(
  { root }: Walk,
  { path, links }: FolderContent,
  names: readonly string[],
): Promise<number> {
  const ends = await Promise.all(
    names.filter((name) => links.has(name))
      .map((name) => disk.realPath(`${path}/${name}`).catch(() => null)),
  );
  return ends.filter((end) => end !== null && !isWithin(root, end)).length;
}

/** Lists the skipped entries of a folder. A folder that cannot be opened is no detail. */
function noteAside({ aside }: Walk, content: FolderContent): void {
  const { path, files, special, passedOver, unnamed } = content;
  const at = (name: string): string => `${path}/${name}`;
  const others = files.filter((name) => !isImageName(name));
  for (const name of inOrder([...others, ...special])) {
    aside.note(isArchive(name) ? "archive" : "other file", at(name));
  }
  for (const name of passedOver) aside.note("hidden or system entry", at(name));
  for (const { name, isFolder } of unnamed) {
    if (isFolder) {
      throw new FolderError(
        at(name),
        "a folder whose name is not UTF-8",
        "another name, as convmv -r -f latin1 -t utf8 --notest gives it",
      );
    }
    aside.note("file whose name is not UTF-8", at(name));
  }
}

/** Folders that a path goes through, by their real paths, outermost first. */
type Way = readonly string[];

/** All images below a folder, those of the folder itself first. */
export async function collect(
  walk: Walk,
  content: FolderContent,
  label: number | null,
  way: Way,
): Promise<Collection> {
  noteAside(walk, content);
  const { path: folder, folders } = content;
  const images = content.files.filter(isImageName);
  const own = images.map((name) => ({ path: `${folder}/${name}`, label }));
  const below: Collection[] = [];
  for (const name of folders) {
    const path = `${folder}/${name}`;
    const real = await disk.realPath(path);
    if (way.includes(real)) walk.aside.note("link that leads back", path);
    else {
      const inner = await folderContent(path);
      below.push(await collect(walk, inner, label, [...way, real]));
    }
  }
  const outside = await linksOut(walk, content, [...folders, ...images]);
  const filled = below.filter(({ samples }) => samples.length > 0);
  return {
    samples: [...own, ...below.flatMap(({ samples }) => samples)],
    classNames: null,
    inner: filled.reduce((sum, { inner }) => sum + inner, filled.length),
    outside: below.reduce((sum, each) => sum + each.outside, outside),
  };
}

/** The images of classes; one without images is no class and is named. */
async function collectClasses(
  walk: Walk,
  classes: readonly ClassFolder[],
): Promise<Collection> {
  const found: (Collection & { readonly name: string })[] = [];
  for (const { name, path } of classes) {
    const way = [walk.root, await disk.realPath(path)];
    const content = await folderContent(path);
    const all = await collect(walk, content, found.length, way);
    if (all.samples.length > 0) found.push({ ...all, name });
    else walk.aside.note("folder without an image", path);
  }
  return {
    samples: found.flatMap(({ samples }) => samples),
    classNames: found.map(({ name }) => name),
    inner: found.reduce((sum, { inner }) => sum + inner, 0),
    outside: found.reduce((sum, { outside }) => sum + outside, 0),
  };
}

/** Fault of a folder where no image was found. */
export function noImage({ path }: FolderContent, { aside }: Walk) {
  const { count, names } = aside.of("other file");
  const found = count > 0
    ? noImageAmong(names, count)
    : aside.words().length === 0
    ? "an empty folder"
    : `no image (${aside.words().join("; ")})`;
  return badFolder(path, found, `${IMAGE_FILES}, or a folder for each class`);
}

/** Images of a folder itself, of its classes, or of the classes where few lie beside them. */
async function collectRoot(
  walk: Walk,
  content: FolderContent,
): Promise<Result<DataError, Collection>> {
  const { path, folders, files } = content;
  const images = files.filter(isImageName);
  const folderOf = (name: string): ClassFolder => ({
    name,
    path: `${path}/${name}`,
  });
  const classes = await collectClasses(walk, folders.map(folderOf));
  const own = { ...content, folders: [] };
  const flat = await collect(walk, own, null, [walk.root]);
  const { length } = classes.samples;
  if (images.length + length === 0) return noImage(content, walk);
  if (length === 0) return right(flat);
  const count = classes.classNames?.length ?? 0;
  if (images.length > 0 && (count < 2 || images.length >= length)) {
    const found = `${counted(images.length, "image")} beside ${
      counted(count, "folder")
    } of ${length}`;
    return badFolder(path, found, "either images or a folder for each class");
  }
  for (const name of images) {
    walk.aside.note("image outside of the classes", `${path}/${name}`);
  }
  const outside = await linksOut(walk, content, folders);
  return right({ ...classes, outside: classes.outside + outside });
}

/** Sizes of the files, and on how many that rests if not on all. */
function sizesInWords({ sizes, looked }: Inspection, length: number): string {
  if (sizes === null) return "";
  const [least, most] = sizes.map(bytesInWords);
  const range = least === most ? `${least} each` : `${least} to ${most}`;
  return looked < length ? `, ${range} of ${looked} looked at` : `, ${range}`;
}

function summaryOf(
  { samples, classNames, inner, outside }: Collection,
  inspection: Inspection,
  aside: SkippedFiles,
): string {
  const { length } = samples;
  const { unreadable, reason, foreign, kind } = inspection;
  const classes = classNames === null
    ? ""
    : ` in ${counted(classNames.length, "class")}`;
  const within = classNames === null ? "this one" : "the class around them";
  const notes = [
    ...(inner === 0
      ? []
      : [`${counted(inner, "inner folder")} counted to ${within}`]),
    ...aside.words(),
    ...(outside === 0 ? [] : [`${counted(outside, "link")} out of the folder`]),
    ...(reason === null ? [] : [`${unreadable} cannot be read: ${reason}`]),
    ...(kind === null
      ? []
      : [`${foreign} ${foreign === 1 ? "is" : "are"} no image: ${kind}`]),
  ];
  const rest = notes.length === 0 ? "" : ` (${notes.join("; ")})`;
  return `${length} images${classes}${sizesInWords(inspection, length)}${rest}`;
}

function sourceOf(
  root: string,
  collection: Collection,
  inspection: Inspection,
  aside: SkippedFiles,
): ImageSource {
  const { samples, classNames } = collection;
  const nameOf = (index: number): string =>
    samples[index]?.path ?? `${root}, image ${index}`;
  return {
    name: root,
    summary: printable(summaryOf(collection, inspection, aside)),
    length: samples.length,
    classNames,
    normalization: IMAGENET_NORMALIZATION,
    label: (index) => samples[index]?.label ?? null,
    imageName: nameOf,
    bytes: (index) =>
      disk.stat(nameOf(index)).then(({ size }) => size, () => null),
    read: async (index) => {
      try {
        const bytes = await readImageFile(nameOf(index));
        return right({ _tag: "EncodedImage", bytes });
      } catch (error) {
        return badImage(nameOf(index), reasonOf(error));
      }
    },
  };
}

/** A source of what was collected, after a look at the files: some must be images. */
export async function inspected(
  folder: string,
  collection: Collection,
  aside: SkippedFiles,
): Promise<Result<DataError, ImageSource>> {
  const paths = collection.samples.map(({ path }) => path);
  const inspection = await inspectFiles(paths);
  const { foreign, looked, kind } = inspection;
  return kind !== null && foreign === looked
    ? badFolder(
      folder,
      `${counted(paths.length, "file")} that ${
        paths.length === 1 ? "is" : "are"
      } no image: ${kind}`,
      IMAGE_FILES,
    )
    : right(sourceOf(folder, collection, inspection, aside));
}

/** Images of classes whose folders may lie anywhere below another. */
export async function classFolders(
  root: string,
  classes: readonly ClassFolder[],
): Promise<Result<DataError, ImageSource>> {
  try {
    const walk = { root: await disk.realPath(root), aside: skipped(root) };
    const found = await collectClasses(walk, classes);
    return found.samples.length === 0
      ? badFolder(root, "no image", `${IMAGE_FILES} in a folder for each class`)
      : await inspected(root, found, walk.aside);
  } catch (thrown) {
    return left(folderFault(thrown, root, "a folder of images"));
  }
}

/**
 * The images of a folder: either directly in it, without labels, or in one
 * folder for each class (at any depth below it), as torchvision's ImageFolder
 * has them.
 *
 * Files are known by their suffix in small or capital letters; classes and
 * images are sorted by name. Skipped entries are named in the summary: other files,
 * hidden ones and those that programs leave (`__MACOSX`, `Thumbs.db`), folders
 * without an image, images beside the folders of classes, files whose names are not
 * UTF-8, links that lead back. Links are followed, also out of the folder; the
 * summary says how many lead out. Files are opened once to see how large they are,
 * which cannot be read and which are no images (10,000 evenly spread where there are
 * more), and read when they are asked for.
 *
 * @param folder Path of the folder.
 * @returns A source, or what is wrong: no such folder, not a folder, nothing in
 * it, no image in it or only files that are called so, more images beside the classes
 * than in them, a folder whose name is not UTF-8.
 *
 * @see {@link https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html}
 */
export async function imageFolder(
  folder: string,
): Promise<Result<DataError, ImageSource>> {
  try {
    if (!(await disk.stat(folder)).isDirectory) {
      return badFolder(folder, "a file", "a folder of images");
    }
    const walk = { root: await disk.realPath(folder), aside: skipped(folder) };
    const found = await collectRoot(walk, await folderContent(folder));
    return found._tag === "Left"
      ? found
      : await inspected(folder, found.right, walk.aside);
  } catch (thrown) {
    return left(folderFault(thrown, folder, "a folder of images"));
  }
}
