import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { badImages } from "../../../data/mod.ts";
import { badImagesKeeper } from "../../../cli/images/loading.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { trained } from "../../train/tiny_run.ts";

const bad = (index: number) => ({
  index,
  image: `${index}.jpg`,
  reason: "cut",
});

const namesIn = async (path: string): Promise<readonly string[]> =>
  JSON.parse(await Deno.readTextFile(path))
    .map(({ image }: { image: string }) => image);

Deno.test("badImagesKeeper() writes the list when it has become longer, and only then", () =>
  inFolder(async (folder) => {
    const path = join(folder, "bad_images.json");
    const list = badImages(1000);
    const keep = await badImagesKeeper(folder, list);
    strictEqual(trained(await keep()), null);
    list.note(bad(1));
    match(
      trained(await keep()) ?? "",
      /^images: 1 image could not be read and gave way to others, the first 1\.jpg: cut; all in /,
    );
    await Deno.remove(path);
    strictEqual(trained(await keep()), null);
    list.note(bad(9));
    match(trained(await keep()) ?? "", /^images: 2 images /);
    deepStrictEqual(await namesIn(path), ["1.jpg", "9.jpg"]);
  }));

Deno.test("badImagesKeeper() of a run that goes on knows the images of before, and counts them", () =>
  inFolder(async (folder) => {
    const path = join(folder, "bad_images.json");
    const before = badImages(200);
    const keep = await badImagesKeeper(folder, before);
    before.note(bad(1));
    before.note(bad(2));
    trained(await keep());

    const after = badImages(200);
    const goOn = await badImagesKeeper(folder, after);
    strictEqual(trained(await goOn()), null);
    strictEqual(after.note(bad(2)), null);
    strictEqual(after.note(bad(3))?._tag, "TooManyBadImages");
    trained(await goOn());
    deepStrictEqual(await namesIn(path), ["1.jpg", "2.jpg", "3.jpg"]);

    for (const text of ["{", "null", `[null, 1, {"index": "a"}]`]) {
      await Deno.writeTextFile(path, text);
      const anew = badImages(200);
      const begin = await badImagesKeeper(folder, anew);
      deepStrictEqual(anew.list(), []);
      anew.note(bad(5));
      trained(await begin());
      deepStrictEqual(await namesIn(path), ["5.jpg"]);
    }
  }));
