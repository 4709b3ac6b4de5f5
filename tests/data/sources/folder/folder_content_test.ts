import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import {
  folderContent,
  FolderError,
  holdingBelow,
  someOf,
} from "../../../../data/sources/folder/folder_content.ts";
import { inFolder } from "../../sources.ts";

Deno.test("folderContent() tells files, folders, links and what programs leave", async () => {
  const files = {
    "b.jpg": "",
    "a.txt": "",
    "cat/1.jpg": "",
    "__MACOSX/x": "",
    ".DS_Store": "",
    "Thumbs.db": "",
    "\ufffd.jpg": "",
  };
  await inFolder(files, async (folder) => {
    await Deno.symlink("cat", `${folder}/dog`);
    await Deno.symlink("nowhere", `${folder}/gone.jpg`);
    const { links, ...content } = await folderContent(folder);
    deepStrictEqual(content, {
      path: folder,
      folders: ["cat", "dog"],
      // A name may have the character that stands for what is not UTF-8.
      files: ["a.txt", "b.jpg", "gone.jpg", "\ufffd.jpg"],
      special: [],
      passedOver: [".DS_Store", "Thumbs.db", "__MACOSX"],
      unnamed: [],
    });
    deepStrictEqual([...links].sort(), ["dog", "gone.jpg"]);
    await rejects(
      folderContent(`${folder}/none`),
      (error: unknown) =>
        error instanceof FolderError && error.path === `${folder}/none` &&
        error.found === "nothing there",
    );
  });
});

Deno.test("holdingBelow() finds images or archives at any depth, and follows links once", async () => {
  const files = {
    "images/a/b/1.webp": "",
    "archives/a/0.tar": "",
    "archives/z/1.jpg": "",
    "texts/a/1.txt": "",
    "hidden/.cache/1.jpg": "",
    "linked/": "",
  };
  await inFolder(files, async (folder) => {
    for (const name of ["x", "y", "z"]) {
      await Deno.symlink("..", `${folder}/texts/a/${name}`);
    }
    await Deno.symlink("../images", `${folder}/linked/in`);
    const held = ["images", "archives", "texts", "hidden", "linked"]
      .map((name) => holdingBelow(`${folder}/${name}`));
    deepStrictEqual(await Promise.all(held), [
      ...["images", "archives", null],
      ...[null, "images"],
    ]);
  });
});

Deno.test("someOf() shows three names and counts the others", () => {
  strictEqual(someOf(["a"]), "a");
  strictEqual(someOf(["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
  strictEqual(someOf(["a", "b", "c"], 100), "a, b, c and 97 more");
  strictEqual(someOf(["a\nb"]), "a\\u{a}b");
});
