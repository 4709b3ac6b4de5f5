import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { cifarRecords } from "../../bench/worth/cifar_files.ts";
import { PICTURE_SETS, pictureFolder } from "../../bench/worth/picture_sets.ts";
import { cifar } from "../../data/sources/known_sets/cifar.ts";
import { orThrow } from "../../train/mod.ts";
import { inFolder } from "../train/temporary_folder.ts";

const setNamed = (name: string) =>
  PICTURE_SETS.find((set) => set.name === name)!;

/** Files of the folder that a set makes of an unpacked package. */
async function filesOf(name: string, unpacked: string) {
  const made = join(unpacked, "made");
  await mkdir(made);
  await setNamed(name).source?.fill(unpacked, made);
  const all = await readdir(made, { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(made, join(parentPath, name)))
    .toSorted();
}

Deno.test("the food is sorted by group", () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, "assets"));
    for (const name of ["A001.jpeg", "A002.jpeg", "B001.jpeg"]) {
      await writeFile(join(folder, "assets", name), "");
    }
    const byGroup = ["A/A001.jpeg", "A/A002.jpeg", "B/B001.jpeg"];
    deepStrictEqual(await filesOf("food", folder), byGroup);
  }));

Deno.test("the emoji are those of one vendor, by category", () =>
  inFolder(async (folder) => {
    const pictures = join(folder, "img", "apple", "64");
    await mkdir(pictures, { recursive: true });
    await writeFile(join(pictures, "1.png"), "");
    const list = [
      { image: "1.png", category: "Smileys & Emotion" },
      { image: "of-another-vendor.png", category: "Flags" },
    ];
    await writeFile(join(folder, "emoji.json"), JSON.stringify(list));
    deepStrictEqual(await filesOf("emoji", folder), ["Smileys-Emotion/1.png"]);
  }));

Deno.test("cifarRecords() are read as the images that the rows held", () =>
  inFolder(async (folder) => {
    const rows = Uint8Array.from({ length: 2 * 3072 }, (_, i) => i % 251);
    const records = cifarRecords(rows, [3, 8]);
    for (const k of [1, 2, 3, 4, 5]) {
      await writeFile(join(folder, `data_batch_${k}.bin`), records);
    }
    const source = orThrow(await cifar(folder, "CIFAR-10", "train"));
    strictEqual(source.length, 10);
    for (const image of [0, 1]) {
      const read = orThrow(await source.read(image));
      strictEqual(source.label(image), [3, 8][image]);
      deepStrictEqual(
        read._tag === "RawImage" && [...read.pixels],
        [...rows.subarray(3072 * image, 3072 * (image + 1))],
      );
    }
    throws(() => cifarRecords(rows, [3]), /found 6144 bytes, wanted 3072/);
  }));

Deno.test("pictureFolder() takes a folder that is there, and none for the library's own pictures", () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, "food"));
    strictEqual(
      await pictureFolder(setNamed("food"), folder),
      join(folder, "food"),
    );
    strictEqual(await pictureFolder(setNamed("clothes"), folder), null);
  }));
