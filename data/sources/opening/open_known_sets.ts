/** Data sets that are known by the names of their files or folders. */
import { disk } from "../../resources/disk.ts";
import { cifar, cifarFiles, type CifarName } from "../known_sets/cifar.ts";
import { fashionMnist, hasIdxImages } from "../known_sets/fashion_mnist.ts";
import type { Split } from "../../image/image_source.ts";
import { folderContent } from "../folder/folder_content.ts";
import {
  besides,
  type Content,
  contentOf,
  type OpenFolder,
  type Opening,
  severalIn,
  strangers,
  without,
} from "./source_content.ts";

const SPLITS: readonly Split[] = ["train", "test"];

/** Folders that archives of data sets unpack to. */
const CIFAR_FOLDERS: Readonly<Record<CifarName, string>> = {
  "CIFAR-10": "cifar-10-batches-bin",
  "CIFAR-100": "cifar-100-binary",
};

/** Fashion-MNIST, by its idx files. */
export function openFashionMnist(
  content: Content,
  split: Split,
): Opening | null {
  return hasIdxImages(content.files)
    ? fashionMnist(content.path, split)
      .then((opened) => without(opened, strangers(content, [])))
    : null;
}

/** CIFAR-10 or CIFAR-100, by the files of its binary version or by its folder. */
export async function openCifar(content: Content, split: Split): Opening {
  const { path, files, folders } = content;
  for (const [name, own] of Object.entries(CIFAR_FOLDERS)) {
    const which = name as CifarName;
    const known = SPLITS.flatMap((each) => cifarFiles(which, each));
    if (known.some((file) => files.includes(file))) {
      return without(await cifar(path, which, split), strangers(content, []));
    }
    if (folders.includes(own)) {
      const opened = await cifar(`${path}/${own}`, which, split);
      return without(opened, strangers(content, [own]));
    }
  }
  return null;
}

/** Folders by the names of commits, as Hugging Face's cache keeps a data set. */
export async function openSnapshot(
  { path, folders }: Content,
  split: Split,
  open: OpenFolder,
): Opening {
  if (!["blobs", "refs", "snapshots"].every((name) => folders.includes(name))) {
    return null;
  }
  const commit = await disk.readTextFile(`${path}/refs/main`).catch(() => "");
  const snapshots = `${path}/snapshots`;
  const { folders: all } = await folderContent(snapshots);
  const named = all.filter((name) => name === commit.trim());
  const [only, ...others] = named.length > 0 ? named : all;
  return only === undefined || others.length > 0
    ? severalIn(snapshots, all)
    : without(
      await open(`${snapshots}/${only}`, split),
      besides(all, [only]),
    );
}

/** Folders around the files that are looked through. */
const DEEPEST = 16;

/**
 * True if a folder holds idx files as those of Fashion-MNIST, itself or in the only
 * folder below it that holds anything (`FashionMNIST/raw`).
 *
 * @param path Path of the folder; what cannot be read holds nothing.
 */
export async function holdsFashionMnist(path: string): Promise<boolean> {
  for (let [folder, depth] = [path, 0]; depth < DEEPEST; depth++) {
    const content = await contentOf(folder).catch(() => null);
    if (content === null) return false;
    if (hasIdxImages(content.files)) return true;
    const { archiveFolders: [only, ...others], imageFolders, loose } = content;
    const more = others.length + imageFolders.length + loose.length;
    if (only === undefined || more > 0) return false;
    folder = `${folder}/${only}`;
  }
  return false;
}
