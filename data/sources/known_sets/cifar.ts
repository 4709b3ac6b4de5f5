/**
 * CIFAR-10 and CIFAR-100 in their binary version: colour pictures of 32×32.
 *
 * @see Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009:
 * {@link https://www.cs.toronto.edu/~kriz/cifar.html}
 */
import { disk } from "../../resources/disk.ts";
import { kindOfBytes, left, type Result, right } from "../../../core/mod.ts";
import { counted } from "../../report/counts.ts";
import { badFile, type DataError } from "../../report/data_error.ts";
import type { ImageSource, Split } from "../../image/image_source.ts";
import type { RawImage } from "../../image/raw_image.ts";
import {
  CIFAR100_NORMALIZATION,
  CIFAR10_NORMALIZATION,
  type Normalization,
} from "../../image/normalization.ts";
import { readFile } from "../read_file.ts";

/** One of the two data sets. */
export type CifarName = "CIFAR-10" | "CIFAR-100";

/** Layout of one of the data sets. */
interface Layout {
  readonly classes: number;
  /** Labels before the pixels of an image; the last one is its class. */
  readonly labels: number;
  readonly files: Readonly<Record<Split, readonly string[]>>;
  /** File with the names of the classes, a line for each. */
  readonly names: string;
  readonly normalization: Normalization;
}

const LAYOUTS: Readonly<Record<CifarName, Layout>> = {
  "CIFAR-10": {
    classes: 10,
    labels: 1,
    files: {
      train: [1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`),
      test: ["test_batch.bin"],
    },
    names: "batches.meta.txt",
    normalization: CIFAR10_NORMALIZATION,
  },
  "CIFAR-100": {
    classes: 100,
    labels: 2,
    files: { train: ["train.bin"], test: ["test.bin"] },
    names: "fine_label_names.txt",
    normalization: CIFAR100_NORMALIZATION,
  },
};

const SIDE = 32;
const AREA = SIDE * SIDE;
const PIXELS = 3 * AREA;

/** Images of one or more files, as records of labels and pixels. */
interface Records {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Names of the files of a split. */
export function cifarFiles(
  name: CifarName,
  split: Split,
): readonly string[] {
  return LAYOUTS[name].files[split];
}

/** Fault of the records of a file, or `null`. */
function recordsError(
  { path, bytes }: Records,
  { labels, classes }: Layout,
): DataError | null {
  const record = labels + PIXELS;
  const failed = (found: string, wanted: string): DataError => ({
    _tag: "BadFile",
    path,
    found,
    wanted,
  });
  if (bytes.length === 0 || bytes.length % record !== 0) {
    const kind = kindOfBytes(bytes);
    return failed(
      bytes.length === 0 ? "0 bytes" : kind ?? `${bytes.length} bytes`,
      `a multiple of ${record}: records of ${labels} + ${PIXELS} bytes`,
    );
  }
  for (let at = labels - 1; at < bytes.length; at += record) {
    const label = bytes[at] ?? 0;
    if (label < classes) continue;
    const image = Math.floor(at / record);
    return failed(`label ${label} at image ${image}`, `labels < ${classes}`);
  }
  return null;
}

async function readRecords(
  path: string,
  layout: Layout,
): Promise<Result<DataError, Records>> {
  const bytes = await readFile(path, "a file of CIFAR's binary version");
  if (bytes._tag === "Left") return bytes;
  const records = { path, bytes: bytes.right };
  const error = recordsError(records, layout);
  return error === null ? right(records) : left(error);
}

/** Names of the classes: those of the file beside the images, else numbers. */
async function classNamesOf(
  folder: string,
  { names, classes }: Layout,
): Promise<Result<DataError, readonly string[]>> {
  const path = `${folder}/${names}`;
  const text = await disk.readTextFile(path).catch(() => null);
  if (text === null) {
    return right(Array.from({ length: classes }, (_, i) => String(i)));
  }
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return lines.length === classes ? right(lines) : badFile(
    path,
    `${lines.length} names`,
    `${classes} names of classes, one a line`,
  );
}

/** Planes of red, green and blue to pixels. */
function interleaved(planes: Uint8Array): RawImage {
  const pixels = new Uint8Array(PIXELS);
  for (let i = 0; i < AREA; i++) {
    for (let c = 0; c < 3; c++) pixels[3 * i + c] = planes[c * AREA + i] ?? 0;
  }
  return { _tag: "RawImage", width: SIDE, height: SIDE, channels: 3, pixels };
}

function sourceOf(
  name: string,
  { labels, normalization }: Layout,
  files: readonly Records[],
  classNames: readonly string[],
): ImageSource {
  const record = labels + PIXELS;
  const records = files.flatMap(({ bytes }) =>
    Array.from(
      { length: bytes.length / record },
      (_, i) => bytes.subarray(i * record, (i + 1) * record),
    )
  );
  const { length } = records;
  const classes = classNames.length;
  return {
    name,
    summary: `${length} images of ${SIDE}×${SIDE} in ${
      counted(classes, "class")
    }`,
    length,
    classNames,
    normalization,
    label: (index) => records[index]?.[labels - 1] ?? null,
    imageName: (index) => `${name}, image ${index}`,
    read: (index) => {
      const bytes = records[index] ?? new Uint8Array(record);
      return Promise.resolve(right(interleaved(bytes.subarray(labels))));
    },
  };
}

/**
 * CIFAR-10 or CIFAR-100 from a folder with the files of its binary version, each
 * packed (`.gz`) by content or not. Names of classes are read from the file that
 * comes with the data (`batches.meta.txt`, `fine_label_names.txt`); without it
 * they are numbers. Labels of CIFAR-100 are the hundred fine ones.
 *
 * @param folder Folder with `data_batch_1.bin` and the like, or `train.bin`.
 * @param name Name of the data set.
 * @param split The 50,000 training images, or the 10,000 for validation.
 * @returns A labelled source of colour images held in memory, or what is wrong:
 * a file that is missing, has another length, or a label out of range.
 */
export async function cifar(
  folder: string,
  name: CifarName,
  split: Split,
): Promise<Result<DataError, ImageSource>> {
  const layout = LAYOUTS[name];
  const files: Records[] = [];
  for (const file of layout.files[split]) {
    const records = await readRecords(`${folder}/${file}`, layout);
    if (records._tag === "Left") return records;
    files.push(records.right);
  }
  const names = await classNamesOf(folder, layout);
  return names._tag === "Left"
    ? names
    : right(sourceOf(`${name} ${split}`, layout, files, names.right));
}
