import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { imageFolder } from "../../../../data/mod.ts";
import { errorOf, inFolder, valueOf } from "../../sources.ts";

/** The beginning of an image: 6 bytes that are none of another kind. */
const GIF = "GIF89a";

const gifOf = (bytes: number): Uint8Array => {
  const file = new Uint8Array(bytes);
  file.set(new TextEncoder().encode(GIF));
  return file;
};

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
    "b.PNG": GIF,
    "a.jpg": GIF,
    "c.webp": GIF,
    "B.JPEG": GIF,
    "notes.txt": "",
    ".hidden.jpg": GIF,
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
    strictEqual(
      source.summary,
      "4 images, 6 B each (1 other file left out: notes.txt; 1 hidden or system entry left out: .hidden.jpg)",
    );
  });
});

Deno.test("imageFolder() of class folders labels by sorted name and looks at any depth", async () => {
  const files = {
    "dog/1.jpg": GIF,
    "dog/deep/er/0.jpg": GIF,
    "cat/10.jpg": GIF,
    "cat/9.jpg": GIF,
    "Ape/x.webp": GIF,
    "Ape/readme.md": "",
    ".git/picture.jpg": GIF,
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
      "5 images in 3 classes, 6 B each (2 inner folders counted to the class around them; 1 other file left out: Ape/readme.md; 1 hidden or system entry left out: .git)",
    );
  });
});

Deno.test("imageFolder() follows links to folders and files", async () => {
  await inFolder({ "real/cat/1.jpg": GIF, "linked/": "" }, async (folder) => {
    await Deno.symlink(`${folder}/real/cat`, `${folder}/linked/cat`);
    const source = valueOf(await imageFolder(`${folder}/linked`));
    deepStrictEqual([source.classNames, source.length], [["cat"], 1]);
    strictEqual(
      source.summary,
      "1 images in 1 class, 6 B each (1 link out of the folder)",
    );
    await Deno.mkdir(`${folder}/real/dog`);
    await Deno.symlink("../cat/1.jpg", `${folder}/real/dog/2.jpg`);
    strictEqual(
      valueOf(await imageFolder(`${folder}/real`)).summary,
      "2 images in 2 classes, 6 B each",
    );
  });
});

Deno.test("imageFolder() says which sizes its files have and which cannot be read", async () => {
  const files = {
    "a/1.jpg": gifOf(12),
    "a/2.jpg": gifOf(3456),
    "b/3.jpg": gifOf(1_234_567),
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
  await inFolder({ "a.jpg": GIF }, async (folder) => {
    const image = valueOf(await valueOf(await imageFolder(folder)).read(0));
    deepStrictEqual(image, {
      _tag: "EncodedImage",
      bytes: new TextEncoder().encode(GIF),
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
      "wanted JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or PPM/PGM/PBM files, or a folder for each class";
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

Deno.test("imageFolder() names folders without an image, which are no classes", async () => {
  const files = {
    "cat/1.jpg": GIF,
    "dog/": "",
    "eel/1.jpg": GIF,
    "a/b.txt": "",
  };
  await inFolder(files, async (folder) => {
    const source = valueOf(await imageFolder(folder));
    deepStrictEqual([source.classNames, source.label(1)], [["cat", "eel"], 1]);
    match(source.summary, /2 folders without an image left out: a, dog\)$/);
  });
});

Deno.test("imageFolder() leaves out few images beside classes, and refuses many", async () => {
  const classes = { "cat/1.jpg": GIF, "cat/2.jpg": GIF, "dog/1.jpg": GIF };
  await inFolder({ ...classes, "cover.png": GIF }, async (folder) => {
    const source = valueOf(await imageFolder(folder));
    deepStrictEqual([source.length, source.classNames], [3, ["cat", "dog"]]);
    match(
      source.summary,
      /1 image outside of the classes left out: cover\.png/,
    );
  });
  const loose = { "a.jpg": GIF, "b.jpg": GIF, "c.jpg": GIF };
  await inFolder({ ...classes, ...loose }, async (folder) => {
    match(
      errorOf(await imageFolder(folder)),
      /found 3 images beside 2 folders of 3, wanted either/,
    );
  });
});

Deno.test("imageFolder() names what systems and programs leave, archives, and what is no image", async () => {
  const files = {
    "cat/1.jpg": GIF,
    "cat/@eaDir/1.jpg/thumb.jpg": GIF,
    "cat/Thumbs.db": "",
    "dog/1.jpg": "<!DOCTYPE html>",
    "__MACOSX/cat/._1.jpg": "",
    "old.tar": "",
  };
  await inFolder(files, async (folder) => {
    const source = valueOf(await imageFolder(folder));
    deepStrictEqual(source.classNames, ["cat", "dog"]);
    strictEqual(
      source.summary,
      "2 images in 2 classes, 6 B to 15 B (3 hidden or system entries left out: cat/@eaDir, cat/Thumbs.db, __MACOSX; 1 archive left out: old.tar; 1 is no image: " +
        `${folder}/dog/1.jpg is an HTML page)`,
    );
  });
});

Deno.test(
  "imageFolder() names a folder and files whose names are not UTF-8",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    const printf = (folder: string, name: string): Promise<unknown> =>
      new Deno.Command("sh", {
        args: [
          "-c",
          `mkdir -p "$(dirname "$(printf '${name}')")"; printf GIF89a > "$(printf '${name}')"`,
        ],
        cwd: folder,
      }).output();
    await inFolder({ "cat/1.jpg": GIF, "dog/1.jpg": GIF }, async (folder) => {
      await printf(folder, "cat/fran\\347ais.jpg");
      const source = valueOf(await imageFolder(folder));
      strictEqual(source.length, 2);
      match(
        source.summary,
        /1 file whose name is not UTF-8 left out: cat\/fran\ufffdais\.jpg/,
      );
      await printf(folder, "\\351cureuil/1.jpg");
      match(
        errorOf(await imageFolder(folder)),
        /\/\ufffdcureuil: found a folder whose name is not UTF-8, wanted another name/,
      );
    });
  },
);

Deno.test("imageFolder() names a file that has gone since", async () => {
  await inFolder({ "a.jpg": GIF }, async (folder) => {
    const source = valueOf(await imageFolder(folder));
    await Deno.remove(`${folder}/a.jpg`);
    match(
      errorOf(await source.read(0)),
      new RegExp(`^Cannot read image ${folder}/a.jpg: `),
    );
  });
});

Deno.test("imageFolder() passes over links that lead back and lists a link to nothing as an image that cannot be read", async () => {
  await inFolder({ "cat/1.jpg": GIF }, async (folder) => {
    await Deno.symlink("nowhere", `${folder}/cat/2.jpg`);
    await Deno.symlink("..", `${folder}/cat/back`);
    const source = valueOf(await imageFolder(folder));
    strictEqual(source.length, 2);
    match(errorOf(await source.read(1)), /^Cannot read image .*2\.jpg: /);
    match(source.summary, /1 link that leads back left out: cat\/back/);
  });
});

Deno.test(
  "imageFolder() passes over a pipe, which would be waited for in vain",
  {
    ignore: Deno.build.os === "windows",
  },
  async () => {
    await inFolder({ "1.jpg": GIF }, async (folder) => {
      await new Deno.Command("mkfifo", { args: [`${folder}/2.jpg`] }).output();
      const source = valueOf(await imageFolder(folder));
      strictEqual(
        source.summary,
        "1 images, 6 B each (1 other file left out: 2.jpg)",
      );
    });
  },
);

Deno.test("imageFolder() refuses files none of which is an image", async () => {
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\n";
  await inFolder({ "a/1.png": pointer, "b/1.png": pointer }, async (folder) => {
    match(
      errorOf(await imageFolder(folder)),
      /found 2 files that are no image: .*a\/1\.png is a Git LFS pointer \(git lfs pull fetches the file itself\), wanted/,
    );
  });
});
