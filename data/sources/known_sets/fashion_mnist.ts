/**
 * Fashion-MNIST: grey pictures of clothes, 28×28, in ten classes.
 *
 * @see Xiao, Rasul and Vollgraf, Fashion-MNIST: a Novel Image Dataset for
 * Benchmarking Machine Learning Algorithms, 2017:
 * {@link https://arxiv.org/abs/1708.07747}
 */
import { disk } from "../../resources/disk.ts";
import { kindOfBytes, left, type Result, right } from "../../../core/mod.ts";
import { counted } from "../../report/counts.ts";
import { badFile, type DataError } from "../../report/data_error.ts";
import type { ImageSource, Split } from "../../image/image_source.ts";
import { FASHION_MNIST_NORMALIZATION } from "../../image/normalization.ts";
import { readFile } from "../read_file.ts";

/** Names of the classes by label. */
export const FASHION_MNIST_CLASSES: readonly string[] = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

/** The first labels of each split: other data sets have the same files. */
const BEGINNINGS: readonly (readonly number[])[] = [
  [9, 0, 0, 3, 0, 2, 7, 2],
  [9, 2, 1, 1, 6, 1, 4, 6],
];

/** Beginnings of the names of a split's files. */
const PREFIX: Record<Split, string> = { train: "train", test: "t10k" };

/** Name of the file of a split that holds the images, without `.gz`. */
function imagesFileName(split: Split): string {
  return `${PREFIX[split]}-images-idx3-ubyte`;
}

const labelsFileName = (split: Split): string =>
  `${PREFIX[split]}-labels-idx1-ubyte`;

async function readIdx(
  location: string | URL,
  dimensions: number,
): Promise<Result<DataError, IdxArray>> {
  const bytes = await readFile(location, "an idx file");
  return bytes._tag === "Left"
    ? bytes
    : decodeIdx(bytes.right, dimensions, String(location));
}

/** Fault of labels for a number of images, or `null`. */
function labelError(
  { values }: IdxArray,
  images: number,
  path: string,
): DataError | null {
  const classes = FASHION_MNIST_CLASSES.length;
  const unknown = values.find((label) => label >= classes);
  if (values.length === images && unknown === undefined) return null;
  const [found, wanted] = unknown === undefined
    ? [`${values.length} labels`, `${images}, one for each image`]
    : [`label ${unknown}`, `labels below ${classes}`];
  return { _tag: "BadFile", path, found, wanted };
}

function sourceOf(
  name: string,
  images: IdxArray,
  labels: Uint8Array,
): ImageSource {
  const [length = 0, height = 0, width = 0] = images.shape;
  const size = width * height;
  const classes = FASHION_MNIST_CLASSES.length;
  const isOther = BEGINNINGS.every((known) =>
    known.some((label, i) => label !== labels[i])
  );
  const named = isOther ? ", named and normalised as Fashion-MNIST's" : "";
  return {
    name,
    summary: `${length} images of ${width}×${height} in ${
      counted(classes, "class")
    }${named}`,
    length,
    classNames: FASHION_MNIST_CLASSES,
    normalization: FASHION_MNIST_NORMALIZATION,
    label: (index) => labels[index] ?? null,
    imageName: (index) => `${name}, image ${index}`,
    read: (index) => {
      const pixels = images.values.subarray(index * size, (index + 1) * size);
      const image = { _tag: "RawImage", width, height, channels: 1 } as const;
      return Promise.resolve(right({ ...image, pixels }));
    },
  };
}

async function openIdxPair(
  name: string,
  imagesAt: string | URL,
  labelsAt: string | URL,
): Promise<Result<DataError, ImageSource>> {
  const images = await readIdx(imagesAt, 3);
  if (images._tag === "Left") return images;
  const labels = await readIdx(labelsAt, 1);
  if (labels._tag === "Left") return labels;
  const count = images.right.shape[0] ?? 0;
  const error = labelError(labels.right, count, String(labelsAt));
  return error === null
    ? right(sourceOf(name, images.right, labels.right.values))
    : left(error);
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
 * import { FASHION_MNIST_CLASSES } from "./fashion_mnist.ts";
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

/** An array of bytes with its extents. */
export interface IdxArray {
  /** Extents, outermost first. */
  readonly shape: readonly number[];
  /** The bytes, row-major. */
  readonly values: Uint8Array;
}

/** Third byte of the magic number: the elements are unsigned bytes. */
const UNSIGNED_BYTE = 0x08;

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");

/**
 * Reads an idx file of unsigned bytes.
 *
 * @param dimensions Wanted number of extents: 1 for labels, 3 for images.
 * @returns The array, or what is wrong: magic number, extents or length.
 */
export function decodeIdx(
  bytes: Uint8Array,
  dimensions: number,
  path: string,
): Result<DataError, IdxArray> {
  const failed = (found: string, wanted: string) =>
    badFile(path, found, wanted);
  const magic = Uint8Array.of(0, 0, UNSIGNED_BYTE, dimensions);
  const header = 4 + 4 * dimensions;
  const isIdx = magic.every((byte, i) => byte === bytes[i]);
  if (bytes.length >= 4 && !isIdx) {
    const start = `the bytes ${hex(bytes.subarray(0, 4))} at the start`;
    const found = kindOfBytes(bytes) ?? start;
    return failed(found, `${hex(magic)} (idx, ${dimensions} extents of bytes)`);
  }
  if (bytes.length < header) {
    return failed(`${bytes.length} bytes`, `an idx header of ${header} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, header);
  const shape = Array.from(
    { length: dimensions },
    (_, i) => view.getUint32(4 + 4 * i),
  );
  const size = shape.reduce((product, extent) => product * extent, 1);
  const values = bytes.subarray(header);
  return values.length === size && size > 0 ? right({ shape, values }) : failed(
    `${values.length} bytes after the header`,
    `${shape.join(" × ")} = ${size}, and at least 1`,
  );
}
