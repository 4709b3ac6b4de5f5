/** Folders of the parts of a data set: training and validation. */
import { disk } from "../../resources/disk.ts";
import { right } from "../../../core/mod.ts";
import { badFolder, describeDataError } from "../../report/data_error.ts";
import { classFolders } from "../folder/image_folder.ts";
import { isImageName } from "../../image/image_format.ts";
import type { Split } from "../../image/image_source.ts";
import { holdingBelow, inOrder } from "../folder/folder_content.ts";
import {
  besides,
  type Content,
  type Opened,
  type OpenFolder,
  type Opening,
  severalIn,
  unused,
  without,
} from "./source_content.ts";
import { type SplitFolders, splitFolders } from "./split_names.ts";

/** The validation part: the first one with classes, else the first one. */
async function openValidation(
  path: string,
  validation: readonly string[],
  open: OpenFolder,
): Promise<Opened> {
  const isLabelled = (each: Opened): boolean =>
    each._tag === "Right" && each.right.classNames !== null;
  const opened: (readonly [string, Opened])[] = [];
  for (const name of validation) {
    opened.push([name, await open(`${path}/${name}`, "test")]);
    if (opened.some(([, each]) => isLabelled(each))) break;
  }
  const chosen = opened.find(([, each]) => isLabelled(each)) ??
    opened.find(([, each]) => each._tag === "Right") ?? opened[0];
  if (chosen === undefined) {
    return badFolder(
      path,
      "only a part to learn from",
      "val or test beside it",
    );
  }
  const reasons = new Map(opened.map(([name, each]) => [
    name,
    each._tag === "Left" ? describeDataError(each.left) : "another part",
  ]));
  const others = besides(validation, [chosen[0]]);
  return without(
    chosen[1],
    others.map((name) => `${name} (${reasons.get(name) ?? "another part"})`),
  );
}

/** The folder of a split, opened for what it is. */
export async function openSplitFolders(
  content: Content,
  split: Split,
  open: OpenFolder,
): Opening {
  const { path, imageFolders, archiveFolders } = content;
  const holding = [...imageFolders, ...archiveFolders].sort();
  const parts = splitFolders(holding);
  if (parts === null) return null;
  if (parts === "several") return severalIn(path, holding);
  const { train, validation } = parts;
  const opened = split === "train"
    ? await open(`${path}/${train}`, split)
    : await openValidation(path, validation, open);
  return without(opened, unused(content, [train, ...validation]));
}

/** Other folders beside a data set in its own; more of them are classes. */
const MOST_BESIDE = 3;

/** The folders in a folder that hold images; `null` at the first image that it has itself. */
async function imageFoldersOnly(
  path: string,
): Promise<readonly string[] | null> {
  const names: string[] = [];
  for await (const { name, isDirectory } of disk.readDir(path)) {
    if (!isDirectory && isImageName(name)) return null;
    if (isDirectory) names.push(name);
  }
  const held: string[] = [];
  for (const name of inOrder(names)) {
    const holding = await holdingBelow(`${path}/${name}`);
    if (holding === "images") held.push(name);
  }
  return held;
}

/** Parts of a data set in a folder, or in the only one below it. */
interface PartsBelow extends SplitFolders {
  readonly name: string;
  /** The folder that they lie in. */
  readonly path: string;
}

async function partsBelow(
  name: string,
  path: string,
): Promise<PartsBelow | null> {
  const held = await imageFoldersOnly(path);
  const found = splitFolders(held ?? []);
  if (found === "several") return null;
  if (found !== null && found.validation.length > 0) {
    return { ...found, name, path };
  }
  const [only, ...others] = held ?? [];
  return only === undefined || others.length > 0
    ? null
    : await partsBelow(name, `${path}/${only}`);
}

/**
 * Folders that have parts of their own: each class the same ones (`cat/train`,
 * `dog/train`), or one data set beside a few other folders.
 */
export async function openFoldersOfParts(
  content: Content,
  split: Split,
  open: OpenFolder,
): Opening {
  const { path, imageFolders } = content;
  const all: PartsBelow[] = [];
  let plain = 0;
  for (const name of imageFolders) {
    const parts = await partsBelow(name, `${path}/${name}`);
    if (parts !== null) all.push(parts);
    else if (++plain > MOST_BESIDE) return null;
  }
  const [first, ...others] = all;
  if (first === undefined || imageFolders.length < 2) return null;
  if (all.length === imageFolders.length) {
    const inner = await imageFoldersOnly(`${first.path}/${first.train}`);
    return (inner ?? []).length > 1
      ? severalIn(path, imageFolders)
      : await openClassesOfParts(content, split, all);
  }
  return others.length > 0
    ? severalIn(path, all.map(({ name }) => name))
    : without(
      await open(first.path, split),
      unused(content, [first.name]),
    );
}

async function openClassesOfParts(
  content: Content,
  split: Split,
  all: readonly PartsBelow[],
): Promise<Opened> {
  const { path, imageFolders } = content;
  const part = (
    { train, validation: [evaluated = ""] }: SplitFolders,
  ): string => split === "train" ? train : evaluated;
  const classes = all.map((each) => ({
    name: each.name,
    path: `${each.path}/${part(each)}`,
  }));
  const others = new Set(all.flatMap(({ validation }) => validation.slice(1)));
  const opened = without(await classFolders(path, classes), [
    ...[...others].map((name) => `${name} (another part)`),
    ...unused(content, imageFolders),
  ]);
  return opened._tag === "Left"
    ? opened
    : right({ ...opened.right, name: `${path} ${split}` });
}
