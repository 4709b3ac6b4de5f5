import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { imageFolder } from "../../data/mod.ts";
import { errorOf, inFolder, valueOf } from "./sources.ts";

/** Names of the images of a source, without the folder. */
const names = (
  source: { length: number; imageName(i: number): string },
  folder: string,
): readonly string[] =>
  Array.from(
    { length: source.length },
    (_, i) => source.imageName(i).slice(folder.length + 1),
  );

Deno.test("imageFolder() of a flat folder has no labels, is sorted, and takes suffixes of either case", async () => {
  const files = {
    "b.PNG": "",
    "a.jpg": "",
    "c.webp": "",
    "B.JPEG": "",
    "notes.txt": "",
    ".hidden.jpg": "",
  };
  await inFolder(files, async (folder) => {
    const source = valueOf(await imageFolder(folder));
    deepStrictEqual(names(source, folder), [
      "B.JPEG",
      "a.jpg",
      "b.PNG",
      "c.webp",
    ]);
    deepStrictEqual([source.classNames, source.label(0)], [null, null]);
    strictEqual(source.summary, "4 images, 0 B each (1 other file left out)");
  });
});

Deno.test("imageFolder() of class folders labels by sorted name and looks at any depth", async () => {
  const files = {
    "dog/1.jpg": "",
    "dog/deep/er/0.jpg": "",
    "cat/10.jpg": "",
    "cat/9.jpg": "",
    "Ape/x.webp": "",
    "Ape/readme.md": "",
    ".git/picture.jpg": "",
  };
  await inFolder(files, async (folder) => {
    const source = valueOf(await imageFolder(folder));
    deepStrictEqual(source.classNames, ["Ape", "cat", "dog"]);
    deepStrictEqual(names(source, folder), [
      "Ape/x.webp",
      "cat/10.jpg",
      "cat/9.jpg",
      "dog/1.jpg",
      "dog/deep/er/0.jpg",
    ]);
    deepStrictEqual([0, 1, 2, 3, 4].map(source.label), [0, 1, 1, 2, 2]);
    strictEqual(
      source.summary,
      "5 images in 3 classes, 0 B each (1 other file left out)",
    );
  });
});

Deno.test("imageFolder() follows links to folders and files", async () => {
  await inFolder({ "real/cat/1.jpg": "", "linked/": "" }, async (folder) => {
    await Deno.symlink(`${folder}/real/cat`, `${folder}/linked/cat`);
    const source = valueOf(await imageFolder(`${folder}/linked`));
    deepStrictEqual([source.classNames, source.length], [["cat"], 1]);
    strictEqual(
      source.summary,
      "1 images in 1 classes, 0 B each (1 link out of the folder)",
    );
    await Deno.mkdir(`${folder}/real/dog`);
    await Deno.symlink("../cat/1.jpg", `${folder}/real/dog/2.jpg`);
    strictEqual(
      valueOf(await imageFolder(`${folder}/real`)).summary,
      "2 images in 2 classes, 0 B each",
    );
  });
});

Deno.test("imageFolder() says which sizes its files have and which cannot be read", async () => {
  const files = {
    "a/1.jpg": new Uint8Array(12),
    "a/2.jpg": new Uint8Array(3456),
    "b/3.jpg": new Uint8Array(1_234_567),
  };
  await inFolder(files, async (folder) => {
    strictEqual(
      valueOf(await imageFolder(folder)).summary,
      "3 images in 2 classes, 12 B to 1.2 MB",
    );
    await Deno.symlink("nowhere", `${folder}/b/4.jpg`);
    match(
      valueOf(await imageFolder(folder)).summary,
      /^4 images in 2 classes, 12 B to 1\.2 MB \(1 cannot be read: No such file .*b\/4\.jpg'\)$/,
    );
  });
});

Deno.test("imageFolder() reads the bytes of a file", async () => {
  await inFolder({ "a.jpg": Uint8Array.of(1, 2, 3) }, async (folder) => {
    const image = valueOf(await valueOf(await imageFolder(folder)).read(0));
    deepStrictEqual(image, {
      _tag: "EncodedImage",
      bytes: Uint8Array.of(1, 2, 3),
    });
  });
});

Deno.test("imageFolder() says what is wrong with a folder", async () => {
  await inFolder({
    "file": "",
    "empty/": "",
    "texts/a.txt": "",
    "texts/b.txt": "",
    "packed/a.txt": "",
    "packed/n01.tar.gz": "",
  }, async (folder) => {
    const wanted =
      "wanted JPEG, PNG, WebP, GIF, TIFF or AVIF files, or a folder for each class";
    const errors = {
      missing: "found nothing there, wanted a folder of images",
      file: "found a file, wanted a folder of images",
      empty: `found an empty folder, ${wanted}`,
      texts: `found no image among 2 files (a.txt), ${wanted}`,
      packed:
        `found no image among 2 files (n01.tar.gz, still packed), ${wanted}`,
    };
    for (const [name, text] of Object.entries(errors)) {
      strictEqual(
        errorOf(await imageFolder(`${folder}/${name}`)),
        `Cannot use ${folder}/${name}: ${text}`,
      );
    }
  });
});

Deno.test("imageFolder() refuses a class without images, and images beside classes", async () => {
  await inFolder({ "cat/1.jpg": "", "dog/": "" }, async (folder) => {
    match(
      errorOf(await imageFolder(folder)),
      /dog: found no image, wanted .* of one class$/,
    );
  });
  await inFolder(
    { "cat/1.jpg": "", "2.jpg": "", "3.jpg": "" },
    async (folder) => {
      match(
        errorOf(await imageFolder(folder)),
        /found 2 images beside 1 folders, wanted either/,
      );
    },
  );
});

Deno.test("imageFolder() names a file that has gone since", async () => {
  await inFolder({ "a.jpg": "" }, async (folder) => {
    const source = valueOf(await imageFolder(folder));
    await Deno.remove(`${folder}/a.jpg`);
    match(
      errorOf(await source.read(0)),
      new RegExp(`^Cannot read image ${folder}/a.jpg: `),
    );
  });
});

Deno.test("imageFolder() refuses links in circles and lists a link to nothing as an image that cannot be read", async () => {
  await inFolder({ "cat/1.jpg": "" }, async (folder) => {
    await Deno.symlink("nowhere", `${folder}/cat/2.jpg`);
    const source = valueOf(await imageFolder(folder));
    strictEqual(source.length, 2);
    match(errorOf(await source.read(1)), /^Cannot read image .*2\.jpg: /);
    await Deno.symlink("..", `${folder}/cat/back`);
    match(errorOf(await imageFolder(folder)), /found a link that leads back: /);
  });
});

Deno.test(
  "imageFolder() passes over a pipe, which would be waited for in vain",
  {
    ignore: Deno.build.os === "windows",
  },
  async () => {
    await inFolder({ "1.jpg": "" }, async (folder) => {
      await new Deno.Command("mkfifo", { args: [`${folder}/2.jpg`] }).output();
      const source = valueOf(await imageFolder(folder));
      strictEqual(
        source.summary,
        "1 images, 0 B each (1 other file left out)",
      );
    });
  },
);
