/** The source of the pictures and labels that two idx files hold. */
import { left, type Result, right } from "../../../core/mod.ts";
import type { ImageSource } from "../../image/image_source.ts";
import { FASHION_MNIST_NORMALIZATION } from "../../image/normalization.ts";
import { counted } from "../../report/counts.ts";
import type { DataError } from "../../report/data_error.ts";
import { decodeIdx, type IdxArray } from "./idx_array.ts";

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

/** Content of a file, unpacked, and its name for messages. */
export interface NamedBytes {
  /** Path or address. */
  readonly path: string;
  /** All of it. */
  readonly bytes: Uint8Array;
}

/**
 * The source of two idx files.
 *
 * @param name Name of the source.
 * @returns A labelled source of grey images held in memory, or what is wrong with a file.
 */
export function fashionMnistSource(
  name: string,
  images: NamedBytes,
  labels: NamedBytes,
): Result<DataError, ImageSource> {
  const pictures = decodeIdx(images.bytes, 3, images.path);
  if (pictures._tag === "Left") return pictures;
  const classes = decodeIdx(labels.bytes, 1, labels.path);
  if (classes._tag === "Left") return classes;
  const count = pictures.right.shape[0] ?? 0;
  const error = labelError(classes.right, count, labels.path);
  return error === null
    ? right(sourceOf(name, pictures.right, classes.right.values))
    : left(error);
}
