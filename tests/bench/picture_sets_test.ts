import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PICTURE_SETS, pictureFolder } from "../../bench/worth/picture_sets.ts";
import { inFolder } from "../train/temporary_folder.ts";

const setNamed = (name: string) =>
  PICTURE_SETS.find((set) => set.name === name)!;

const classesIn = async (name: string, folder: string) =>
  [...await setNamed(name).classes(folder)]
    .map(([file, label]) => [file.slice(folder.length + 1), label])
    .toSorted();

Deno.test("the sets of pictures have the classes of their packages", () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, "assets"));
    for (const name of ["A001.jpeg", "A002.jpeg", "B001.jpeg"]) {
      await writeFile(join(folder, "assets", name), "");
    }
    deepStrictEqual(await classesIn("food", folder), [
      ["assets/A001.jpeg", "A"],
      ["assets/A002.jpeg", "A"],
      ["assets/B001.jpeg", "B"],
    ]);
    const pictures = join(folder, "img", "apple", "64");
    await mkdir(pictures, { recursive: true });
    await writeFile(join(pictures, "1.png"), "");
    const list = [
      { image: "1.png", category: "Smileys & Emotion" },
      { image: "of-another-vendor.png", category: "Flags" },
    ];
    await writeFile(join(folder, "emoji.json"), JSON.stringify(list));
    deepStrictEqual(await classesIn("emoji", folder), [
      ["img/apple/64/1.png", "Smileys-Emotion"],
    ]);
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
