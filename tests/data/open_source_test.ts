import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { openSource } from "../../data/mod.ts";
import { errorOf, gzip, idxFile, inFolder, valueOf } from "./sources.ts";

Deno.test("openSource() knows Fashion-MNIST's files, packed or not", async () => {
  const files = {
    "train-images-idx3-ubyte.gz": await gzip(idxFile([2, 1, 1], [1, 2])),
    "train-labels-idx1-ubyte.gz": await gzip(idxFile([2], [3, 4])),
  };
  await inFolder(files, async (folder) => {
    const source = valueOf(await openSource(folder));
    deepStrictEqual([source.name, source.length, source.label(1)], [
      "Fashion-MNIST train",
      2,
      4,
    ]);
    match(
      errorOf(await openSource(folder, "test")),
      /t10k-images-idx3-ubyte: found nothing/,
    );
  });
});

Deno.test("openSource() takes the folder of a split, val for test", async () => {
  const files = {
    "train/cat/1.jpg": "",
    "train/dog/1.jpg": "",
    "val/cat/1.jpg": "",
  };
  await inFolder(files, async (folder) => {
    const train = valueOf(await openSource(folder, "train"));
    deepStrictEqual([train.name, train.classNames], [`${folder}/train`, [
      "cat",
      "dog",
    ]]);
    strictEqual(
      valueOf(await openSource(folder, "test")).name,
      `${folder}/val`,
    );
  });
});

Deno.test("openSource() does not judge by training images", async () => {
  await inFolder({ "train/cat/1.jpg": "" }, async (folder) => {
    strictEqual(
      errorOf(await openSource(folder, "test")),
      `Cannot use ${folder}: found only a folder train, wanted ${folder}/test or ${folder}/val`,
    );
  });
});

Deno.test("openSource() takes any other folder as images", async () => {
  await inFolder({ "a.jpg": "" }, async (folder) => {
    for (const split of ["train", "test"] as const) {
      strictEqual(valueOf(await openSource(folder, split)).name, folder);
    }
    match(errorOf(await openSource(`${folder}/none`)), /found nothing there/);
  });
});
