/**
 * Fashion-MNIST: grey pictures of clothes, 28×28, in ten classes.
 *
 * @see Xiao, Rasul and Vollgraf, Fashion-MNIST: a Novel Image Dataset for
 * Benchmarking Machine Learning Algorithms, 2017:
 * {@link https://arxiv.org/abs/1708.07747}
 */
import { disk } from "../../resources/disk.ts";
import { type Result, right } from "../../../core/mod.ts";
import type { DataError } from "../../report/data_error.ts";
import type { ImageSource, Split } from "../../image/image_source.ts";
import { readFile } from "../read_file.ts";
import { fashionMnistSource, type NamedBytes } from "./fashion_mnist_source.ts";

/** Beginnings of the names of a split's files. */
const PREFIX: Record<Split, string> = { train: "train", test: "t10k" };

/** Name of the file of a split that holds the images, without `.gz`. */
function imagesFileName(split: Split): string {
  return `${PREFIX[split]}-images-idx3-ubyte`;
}

const labelsFileName = (split: Split): string =>
  `${PREFIX[split]}-labels-idx1-ubyte`;

async function readNamed(
  location: string | URL,
): Promise<Result<DataError, NamedBytes>> {
  const bytes = await readFile(location, "an idx file");
  return bytes._tag === "Left"
    ? bytes
    : right({ path: String(location), bytes: bytes.right });
}

async function openIdxPair(
  name: string,
  imagesAt: string | URL,
  labelsAt: string | URL,
): Promise<Result<DataError, ImageSource>> {
  const images = await readNamed(imagesAt);
  if (images._tag === "Left") return images;
  const labels = await readNamed(labelsAt);
  return labels._tag === "Left"
    ? labels
    : fashionMnistSource(name, images.right, labels.right);
}

/** The ways to write the name of an idx file: `train-images.idx3-ubyte.gz`. */
const writings = (name: string): readonly string[] =>
  [name, name.replace(/-(?=idx\d)/, ".")].flatMap((each) => [
    `${each}.gz`,
    each,
  ]);

/** True if files that hold the images of either split are among names. */
export function hasIdxImages(names: readonly string[]): boolean {
  return (["train", "test"] as const).some((split) =>
    writings(imagesFileName(split)).some((name) => names.includes(name))
  );
}

/** Path of a file in the writing that is there. */
async function writtenPath(folder: string, name: string): Promise<string> {
  for (const each of writings(name)) {
    const path = `${folder}/${each}`;
    const isThere = await disk.stat(path)
      .then(({ isFile }) => isFile, () => false);
    if (isThere) return path;
  }
  return `${folder}/${name}`;
}

/**
 * Fashion-MNIST from a folder with its idx files, packed (`.gz`) or not, also
 * written `train-images.idx3-ubyte`. Data sets of the same layout with ten classes
 * can be read too, but get the names and the pixel statistics of Fashion-MNIST,
 * which the summary says.
 *
 * @param folder Folder with `train-images-idx3-ubyte` and the like.
 * @param split The 60,000 training images, or the 10,000 for validation.
 * @returns A labelled source of grey images held in memory, or what is wrong.
 */
export async function fashionMnist(
  folder: string,
  split: Split,
): Promise<Result<DataError, ImageSource>> {
  return openIdxPair(
    `Fashion-MNIST ${split}`,
    await writtenPath(folder, imagesFileName(split)),
    await writtenPath(folder, labelsFileName(split)),
  );
}

/**
 * The 10,000 test images of Fashion-MNIST, which come with this package.
 *
 * @returns A labelled source of grey images held in memory, or what is wrong.
 *
 * @example The first picture is an ankle boot
 * ```ts
 * import { embeddedFashionMnist } from "@vitfreeze/vitfreeze";
 * import { FASHION_MNIST_CLASSES } from "./fashion_mnist_source.ts";
 * import { strictEqual } from "node:assert/strict";
 *
 * const source = await embeddedFashionMnist();
 * if (source._tag === "Right") {
 *   strictEqual(source.right.length, 10_000);
 *   strictEqual(FASHION_MNIST_CLASSES[source.right.label(0) ?? -1], "Ankle boot");
 * }
 * ```
 */
export function embeddedFashionMnist(): Promise<
  Result<DataError, ImageSource>
> {
  const at = (name: string): URL =>
    new URL(`./fashion_mnist/${name}.gz`, import.meta.url);
  return openIdxPair(
    "Fashion-MNIST test",
    at(imagesFileName("test")),
    at(labelsFileName("test")),
  );
}
