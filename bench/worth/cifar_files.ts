/** CIFAR-10's binary files of pictures that hold an image in each row. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

const SIDE = 32;
const AREA = SIDE * SIDE;

const NAMES = "airplane automobile bird cat deer dog frog horse ship truck";

/** A picture with an image in each row, and where their labels are in a list. */
interface Batch {
  readonly name: string;
  readonly labels: string;
  readonly from: number;
}

const BATCHES: readonly Batch[] = [
  ...[0, 1, 2, 3, 4].map((k) => ({
    name: `data_batch_${k + 1}`,
    labels: "train_lables.json",
    from: 10_000 * k,
  })),
  { name: "test_batch", labels: "test_lables.json", from: 0 },
];

/**
 * Records of CIFAR's binary version: a label, then planes of red, green and blue.
 *
 * @param rows Pixels of `labels.length` images, 1024 × RGB each.
 */
export function cifarRecords(
  rows: Uint8Array,
  labels: readonly number[],
): Uint8Array {
  if (rows.length !== 3 * AREA * labels.length) {
    throw new Error(
      `rows: found ${rows.length} bytes, wanted ${3 * AREA} for each of ` +
        `${labels.length} labels`,
    );
  }
  const record = 1 + 3 * AREA;
  const records = new Uint8Array(record * labels.length);
  for (const [image, label] of labels.entries()) {
    const at = record * image;
    records[at] = label;
    for (let i = 0; i < AREA; i++) {
      for (let c = 0; c < 3; c++) {
        records[at + 1 + c * AREA + i] = rows[3 * (AREA * image + i) + c] ?? 0;
      }
    }
  }
  return records;
}

/**
 * Writes the six files of CIFAR-10, and the names of its classes.
 *
 * @param unpacked Folder of the package, with six pictures and two lists of labels.
 */
export async function writeCifarFiles(
  unpacked: string,
  folder: string,
): Promise<void> {
  for (const { name, labels, from } of BATCHES) {
    const all: readonly number[] = JSON.parse(
      await readFile(join(unpacked, labels), "utf8"),
    );
    const { data, info } = await sharp(join(unpacked, `${name}.png`))
      .removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const own = all.slice(from, from + info.height);
    await writeFile(join(folder, `${name}.bin`), cifarRecords(data, own));
  }
  await writeFile(
    join(folder, "batches.meta.txt"),
    NAMES.replaceAll(" ", "\n"),
  );
}
