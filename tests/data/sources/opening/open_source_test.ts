import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  holdsFashionMnist,
  openSource,
  type Split,
} from "../../../../data/mod.ts";
import { cifarOf, parquetOf, shardOf, type Stored } from "../../archives.ts";
import { errorOf, gzip, idxFile, inFolder, valueOf } from "../../sources.ts";

/** The beginning of an image. */
const GIF = "GIF89a";

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
    "train/cat/1.jpg": GIF,
    "train/dog/1.jpg": GIF,
    "val/cat/1.jpg": GIF,
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
  await inFolder({ "train/cat/1.jpg": GIF }, async (folder) => {
    strictEqual(
      errorOf(await openSource(folder, "test")),
      `Cannot use ${folder}: found only a part to learn from, wanted val or test beside it`,
    );
  });
});

Deno.test("openSource() takes any other folder as images", async () => {
  await inFolder({ "a.jpg": GIF }, async (folder) => {
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
    "judge/val.tar": await shardOf(stored(0)),
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
    for (const split of ["train", "test"] as const) {
      deepStrictEqual(await found(`${folder}/learn`, split), ["learn", 1, 0]);
    }
    match(
      errorOf(await openSource(`${folder}/judge`)),
      /found no \.tar file of the split train, wanted train in a name/,
    );
    match(
      errorOf(await openSource(`${folder}/tars/classes.txt`)),
      /found a text file, wanted a folder, a \.tar archive/,
    );
  });
});

/** A file for each path. */
const images = (
  ...paths: readonly string[]
): Readonly<Record<string, string>> =>
  Object.fromEntries(paths.map((path) => [path, GIF]));

/** Name below the folder, number of images and classes of both parts. */
async function parts(folder: string): Promise<readonly unknown[]> {
  const both = [await openSource(folder), await openSource(folder, "test")];
  return both.map((opened) => {
    if (opened._tag === "Left") return errorOf(opened);
    const { name, length, classNames } = opened.right;
    return [name.slice(folder.length), length, classNames?.join(" ") ?? null];
  });
}

Deno.test("openSource() takes a class called train for a class", async () => {
  const files = images("bus/1.gif", "car/1.gif", "plane/1.gif", "train/1.gif");
  await inFolder(files, async (folder) => {
    const all = ["", 4, "bus car plane train"];
    deepStrictEqual(await parts(folder), [all, all]);
  });
});

Deno.test("openSource() takes folders of parts by any usual name, nested or not", async () => {
  const writings = [
    ["Training", "Testing"],
    ["seg_train/seg_train", "seg_test/seg_test"],
    ["training_set", "holdout"],
    ["images/train2017", "images/val2017"],
    ["data/TrainImages", "data/DevImages"],
  ];
  for (const [train = "", judge = ""] of writings) {
    const files = images(
      ...["cat/1.gif", "dog/1.gif", "dog/2.gif"].map((at) => `${train}/${at}`),
      ...["cat/1.gif", "dog/1.gif"].map((at) => `${judge}/${at}`),
    );
    await inFolder({ ...files, "README.md": "" }, async (folder) => {
      deepStrictEqual(await parts(folder), [
        [`/${train}`, 3, "cat dog"],
        [`/${judge}`, 2, "cat dog"],
      ]);
    });
  }
});

Deno.test("openSource() judges by validation images, by test images where only these have classes", async () => {
  const train = ["train/cat/1.gif", "train/dog/1.gif"];
  const labelled = (part: string) => [`${part}/cat/1.gif`, `${part}/dog/1.gif`];
  const summaryOf = async (folder: string): Promise<string> =>
    valueOf(await openSource(folder, "test")).summary;
  const both = images(...train, ...labelled("test"), ...labelled("valid"));
  await inFolder(both, async (folder) => {
    deepStrictEqual((await parts(folder))[1], ["/valid", 2, "cat dog"]);
    match(await summaryOf(folder), /; not used: test \(another part\)$/);
  });
  const flat = images(...train, ...labelled("test"), "val/1.gif");
  await inFolder(flat, async (folder) => {
    deepStrictEqual((await parts(folder))[1], ["/test", 2, "cat dog"]);
    match(await summaryOf(folder), /; not used: val \(another part\)$/);
  });
});

Deno.test("openSource() takes classes before a leftover archive or table, and names it", async () => {
  const classes = images("cat/1.gif", "dog/1.gif");
  const left = {
    "old.tar": await shardOf(stored(0, 0)),
    "metadata.parquet": parquetOf(stored(1)),
  };
  await inFolder({ ...classes, ...left }, async (folder) => {
    const source = valueOf(await openSource(folder));
    deepStrictEqual([source.length, source.classNames], [2, ["cat", "dog"]]);
    match(source.summary, /2 archives left out: metadata\.parquet, old\.tar/);
  });
  const shards = {
    "0.tar": await shardOf(stored(0, 0)),
    "1.tar": await shardOf(stored(1)),
    ...images("preview.gif", "previews/1.gif"),
  };
  await inFolder(shards, async (folder) => {
    const source = valueOf(await openSource(folder));
    strictEqual(source.length, 3);
    match(source.summary, /; not used: previews, preview\.gif$/);
  });
});

Deno.test("openSource() finds a data set in the only folder that holds images", async () => {
  const files = {
    ...images("flowers/photos/rose/1.gif", "flowers/photos/tulip/1.gif"),
    "flowers/LICENSE": "",
    "flowers/notes/a.txt": "",
    "flowers/.cache/1.gif": GIF,
  };
  await inFolder(files, async (folder) => {
    const found = ["/flowers/photos", 2, "rose tulip"];
    deepStrictEqual(await parts(folder), [found, found]);
    const { summary } = valueOf(await openSource(folder));
    match(summary, /; not used: notes, LICENSE, \.cache$/);
  });
  const pets = images(
    "images/1.gif",
    "images/2.gif",
    "annotations/trimaps/1.gif",
  );
  await inFolder(pets, async (folder) => {
    const found = ["/images", 2, null];
    deepStrictEqual(await parts(folder), [found, found]);
  });
  // A single class with its images in it stays a class.
  await inFolder(images("cat/1.gif", "cat/2.gif"), async (folder) => {
    deepStrictEqual((await parts(folder))[0], ["", 2, "cat"]);
  });
});

Deno.test("openSource() knows parts within classes", async () => {
  const files = images(
    ...["cat/train/1.gif", "cat/train/2.gif", "cat/test/1.gif"],
    ...["dog/train/1.gif", "dog/test/1.gif"],
  );
  await inFolder(files, async (folder) => {
    deepStrictEqual(await parts(folder), [
      [" train", 3, "cat dog"],
      [" test", 2, "cat dog"],
    ]);
  });
});

Deno.test("openSource() takes the one of a few folders that has parts, and refuses several", async () => {
  const parts = (at: string) => [
    ...["cat", "dog"].map((name) => `${at}/train/${name}/1.gif`),
    ...["cat", "dog"].map((name) => `${at}/valid/${name}/1.gif`),
  ];
  const nested = images(...parts("plants/plants"), "test/test/1.gif");
  await inFolder(nested, async (folder) => {
    const source = valueOf(await openSource(folder));
    strictEqual(source.name, `${folder}/plants/plants/train`);
    match(source.summary, /; not used: test$/);
  });
  await inFolder(
    images(...parts("large"), ...parts("small")),
    async (folder) => {
      match(
        errorOf(await openSource(folder)),
        /found data sets in folders of their own \(large, small\)/,
      );
    },
  );
});

Deno.test("openSource() refuses to choose among several data sets", async () => {
  const coco = images(
    ...["train2014/1.gif", "train2017/1.gif"],
    ...["val2014/1.gif", "val2017/1.gif"],
  );
  await inFolder(coco, async (folder) => {
    match(
      errorOf(await openSource(folder)),
      /found data sets in folders of their own \(train2014, train2017, val2014 and 1 more\)/,
    );
  });
  const configs = {
    "de/train/0.parquet": parquetOf(stored(0)),
    "en/train/0.parquet": parquetOf(stored(0)),
  };
  await inFolder(configs, async (folder) => {
    match(errorOf(await openSource(folder)), /folders of their own \(de, en\)/);
  });
});

Deno.test("openSource() knows the layouts of Hugging Face", async () => {
  const converted = {
    "default/train/0000.parquet": parquetOf(stored(1, 0)),
    "default/train/0001.parquet": parquetOf(stored(1)),
    "default/test/0000.parquet": parquetOf(stored(0)),
  };
  await inFolder(converted, async (folder) => {
    deepStrictEqual(await parts(folder), [
      ["/default/train", 3, "0 1"],
      ["/default/test", 1, "0"],
    ]);
  });
  const cache = {
    "refs/main": "abc\n",
    "blobs/123": parquetOf(stored(1, 0)),
    "snapshots/abc/data/": "",
    "snapshots/old/": "",
  };
  await inFolder(cache, async (folder) => {
    const name = "train-00000-of-00001.parquet";
    await Deno.symlink(
      "../../../blobs/123",
      `${folder}/snapshots/abc/data/${name}`,
    );
    const source = valueOf(await openSource(folder));
    deepStrictEqual([source.length, source.label(0)], [2, 1]);
    match(source.summary, /; not used: old$/);
  });
  const saved = {
    "dataset_dict.json": "{}",
    "train/data-00000-of-00001.arrow": "",
    "train/state.json": "{}",
  };
  await inFolder(saved, async (folder) => {
    match(errorOf(await openSource(folder)), /Parquet is read: load_from_disk/);
  });
});

Deno.test("openSource() finds Fashion-MNIST below the folder of torchvision, in either writing", async () => {
  const files = {
    "FashionMNIST/raw/train-images-idx3-ubyte": idxFile([2, 1, 1], [1, 2]),
    "FashionMNIST/raw/train-labels-idx1-ubyte": idxFile([2], [3, 4]),
  };
  await inFolder(files, async (folder) => {
    const source = valueOf(await openSource(folder));
    deepStrictEqual([source.length, source.label(1)], [2, 4]);
    match(source.summary, /, named and normalised as Fashion-MNIST's$/);
    strictEqual(await holdsFashionMnist(folder), true);
    strictEqual(await holdsFashionMnist(`${folder}/none`), false);
  });
  const dotted = {
    "train-images.idx3-ubyte": idxFile([2, 1, 1], [1, 2]),
    "train-labels.idx1-ubyte": idxFile([2], [3, 4]),
  };
  await inFolder(dotted, async (folder) => {
    strictEqual(valueOf(await openSource(folder)).length, 2);
  });
});

Deno.test("openSource() says what to do about CIFAR's batches for Python", async () => {
  const files = {
    "cifar-10-batches-py/data_batch_1": "",
    "cifar-10-batches-py/batches.meta": "",
  };
  await inFolder(files, async (folder) => {
    match(errorOf(await openSource(folder)), /its binary version is read/);
  });
});

Deno.test("openSource() names the folder that failed, not its root", async () => {
  await inFolder(images("a/b/cat/1.gif", "a/b/dog/1.gif"), async (folder) => {
    await Deno.remove(`${folder}/a/b/dog/1.gif`);
    await Deno.symlink("1.gif", `${folder}/a/b/dog/1.gif`);
    const source = valueOf(await openSource(folder));
    match(source.summary, /1 cannot be read: .*a\/b\/dog\/1\.gif/);
  });
});

Deno.test("openSource() calls a single file by its name, and knows archives without a suffix", async () => {
  const files = {
    "shard": await shardOf(stored(0, 1)),
    "table": parquetOf(stored(0, 1)),
    "page.html": "<!DOCTYPE html>",
    "photo.jpg": GIF,
    "all.tar.gz": await gzip(Uint8Array.of(1)),
  };
  await inFolder(files, async (folder) => {
    for (const name of ["shard", "table"]) {
      strictEqual(valueOf(await openSource(`${folder}/${name}`)).length, 2);
    }
    const kinds = {
      "page.html": /found an HTML page, wanted a folder/,
      "photo.jpg": /found one image, wanted a folder/,
      "all.tar.gz": /found a file compressed by gzip, still packed, wanted/,
    };
    for (const [name, text] of Object.entries(kinds)) {
      match(errorOf(await openSource(`${folder}/${name}`)), text);
    }
  });
});
