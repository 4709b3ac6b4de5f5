import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { openSource, type Split } from "../../data/mod.ts";
import { cifarOf, parquetOf, shardOf, type Stored } from "./archives.ts";
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
      `Cannot use ${folder}: found only a folder to learn from, wanted a folder val or test beside it`,
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

const stored = (...labels: readonly number[]): readonly Stored[] =>
  labels.map((label) => ({ bytes: Uint8Array.of(label), label }));

const found = async (
  path: string,
  split: Split,
): Promise<readonly (string | number | null)[]> => {
  const { name, length, label } = valueOf(await openSource(path, split));
  return [name.slice(name.lastIndexOf("/") + 1), length, label(0)];
};

Deno.test("openSource() knows CIFAR, in the folder or below it under the name of its archive", async () => {
  const files = {
    "ten/test_batch.bin": cifarOf([[4]]),
    "hundred/cifar-100-binary/train.bin": cifarOf([[1, 77], [0, 3]]),
  };
  await inFolder(files, async (folder) => {
    deepStrictEqual(await found(`${folder}/ten`, "test"), [
      "CIFAR-10 test",
      1,
      4,
    ]);
    deepStrictEqual(await found(`${folder}/hundred`, "train"), [
      "CIFAR-100 train",
      2,
      77,
    ]);
    match(
      errorOf(await openSource(`${folder}/ten`, "train")),
      /data_batch_1\.bin: found nothing/,
    );
  });
});

Deno.test("openSource() knows tar archives and Parquet files and tells splits by their names", async () => {
  const files = {
    "tars/x-train-000.tar": await shardOf(stored(1, 1)),
    "tars/x-train-001.tar": await shardOf(stored(0)),
    "tars/x-val-000.tar": await shardOf(stored(0)),
    "tars/classes.txt": "cat\ndog\n",
    "hub/data/train-00000-of-00001.parquet": parquetOf(stored(2, 1, 0)),
    "hub/data/validation-00000-of-00001.parquet": parquetOf(stored(1)),
    "hub/data/test-00000-of-00001.parquet": parquetOf(stored(0, 0)),
    "one/a.tar": await shardOf(stored(0, 0)),
    "by/train/a.tar": await shardOf(stored(0)),
    "by/val/a.tar": await shardOf(stored(1, 1)),
    "learn/train.tar": await shardOf(stored(0)),
  };
  await inFolder(files, async (folder) => {
    deepStrictEqual(await found(`${folder}/tars`, "train"), [
      "tars train",
      3,
      1,
    ]);
    deepStrictEqual(await found(`${folder}/tars`, "test"), ["tars test", 1, 0]);
    deepStrictEqual(valueOf(await openSource(`${folder}/tars`)).classNames, [
      "cat",
      "dog",
    ]);
    deepStrictEqual(await found(`${folder}/hub`, "train"), [
      "data train",
      3,
      2,
    ]);
    deepStrictEqual(await found(`${folder}/hub`, "test"), ["data test", 1, 1]);
    for (const split of ["train", "test"] as const) {
      deepStrictEqual(await found(`${folder}/one`, split), ["one", 2, 0]);
      deepStrictEqual(await found(`${folder}/one/a.tar`, split), [
        "a.tar",
        2,
        0,
      ]);
    }
    deepStrictEqual(await found(`${folder}/by`, "test"), ["val", 2, 1]);
    match(
      errorOf(await openSource(`${folder}/learn`, "test")),
      /found no \.tar file of the split test, wanted val or test in a name/,
    );
    match(
      errorOf(await openSource(`${folder}/tars/classes.txt`)),
      /found a file of another kind, wanted a folder, a \.tar archive/,
    );
  });
});
