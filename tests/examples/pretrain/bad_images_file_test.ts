import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { badImages } from "../../../data/mod.ts";
import {
  badImagesKeeper,
  writeBadImages,
} from "../../../examples/pretrain/bad_images_file.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { trained } from "../../train/tiny_run.ts";

const listOf = (...names: readonly string[]) => {
  const list = badImages(1000);
  names.forEach((image, index) => list.note({ index, image, reason: "cut" }));
  return list;
};

Deno.test("writeBadImages() keeps the images of before a resume, each once, and says how many are new", () =>
  inFolder(async (folder) => {
    strictEqual(trained(await writeBadImages(folder, listOf())), null);
    match(
      trained(await writeBadImages(folder, listOf("a.jpg"))) ?? "",
      /^images: 1 image could not be read and gave way to others, the first a\.jpg: cut; all in /,
    );
    trained(await writeBadImages(folder, listOf("b.jpg", "a.jpg")));
    trained(await writeBadImages(folder, listOf()));
    const path = join(folder, "bad_images.json");
    const written = JSON.parse(await Deno.readTextFile(path));
    deepStrictEqual(
      written.map(({ image }: { image: string }) => image),
      ["b.jpg", "a.jpg"],
    );
    trained(await writeBadImages(folder, listOf("c.jpg")));
    strictEqual(JSON.parse(await Deno.readTextFile(path)).length, 3);
    await Deno.writeTextFile(path, "{");
    trained(await writeBadImages(folder, listOf("c.jpg")));
    strictEqual(JSON.parse(await Deno.readTextFile(path)).length, 1);
  }));

Deno.test("badImagesKeeper() writes the list when it has become longer, and only then", () =>
  inFolder(async (folder) => {
    const path = join(folder, "bad_images.json");
    const list = listOf("a.jpg");
    const keep = badImagesKeeper(folder, list);
    match(trained(await keep()) ?? "", /^images: 1 image /);
    await Deno.remove(path);
    strictEqual(trained(await keep()), null);
    list.note({ index: 9, image: "b.jpg", reason: "cut" });
    match(trained(await keep()) ?? "", /^images: 2 images /);
    strictEqual(JSON.parse(await Deno.readTextFile(path)).length, 2);
  }));
