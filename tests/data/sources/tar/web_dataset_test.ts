import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { webDataset } from "../../../../data/sources/tar/web_dataset.ts";
import { shardOf, tarOf } from "../../archives.ts";
import { errorOf, inFolder, valueOf } from "../../sources.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

Deno.test("webDataset() joins shards, reads in any order, and names images by shard and file", async () => {
  const shards = [
    await shardOf([{ bytes: bytesOf("A"), label: 2 }, {
      bytes: bytesOf("B"),
      label: 0,
    }]),
    await shardOf([{ bytes: bytesOf("C"), label: 1 }]),
  ];
  const files = { "0.tar": shards[0]!, "1.tar": shards[1]! };
  await inFolder(files, async (folder) => {
    const paths = [`${folder}/0.tar`, `${folder}/1.tar`];
    const source = valueOf(await webDataset("two", paths));
    strictEqual(
      source.summary,
      "3 images in 3 classes (3 B in 2 tar archives)",
    );
    deepStrictEqual([0, 1, 2].map(source.label), [2, 0, 1]);
    const texts = await Promise.all([2, 0, 1].map(async (index) => {
      const image = valueOf(await source.read(index));
      return image._tag === "EncodedImage" &&
        new TextDecoder().decode(image.bytes);
    }));
    deepStrictEqual(texts, ["C", "A", "B"]);
    strictEqual(source.imageName(2), `${folder}/1.tar:0.jpg`);
    await Deno.truncate(`${folder}/0.tar`, 600);
    match(
      errorOf(await source.read(1)),
      /^Cannot read image .*0\.tar:1\.jpg: .* is shorter than 2561 bytes/,
    );
  });
});

/** What a source of shards with these files says; texts stand for images. */
async function opened(
  shards: readonly Readonly<Record<string, string>>[],
  classNames: readonly string[] | null = null,
) {
  const archives = await Promise.all(shards.map(tarOf));
  const files = Object.fromEntries(
    archives.map((archive, i) => [`${i}.tar`, archive]),
  );
  let source = await webDataset("nowhere", []);
  await inFolder(files, async (folder) => {
    const paths = Object.keys(files).map((name) => `${folder}/${name}`);
    source = await webDataset("t", paths, classNames);
  });
  return source;
}

Deno.test("webDataset() needs no classes, counts other files, and never opens a name", async () => {
  const tar = await tarOf({
    "../../etc/passwd.jpg": "A",
    "/etc/shadow.json": "{}",
    "b.seg.png": "mask",
    "b.jpg": "B",
  });
  await inFolder({ "t.tar": tar }, async (folder) => {
    const source = valueOf(await webDataset("t", [`${folder}/t.tar`]));
    deepStrictEqual([source.length, source.classNames], [2, null]);
    deepStrictEqual(valueOf(await source.read(0)), {
      _tag: "EncodedImage",
      bytes: bytesOf("A"),
    });
    match(source.summary, /left out: 1 \.json .*, 1 \.seg\.png beside \.jpg/);
    deepStrictEqual([...await Array.fromAsync(Deno.readDir(folder))].length, 1);
  });
});

Deno.test("webDataset() takes names for classes, and counts images without one", async () => {
  const shards = [
    { "a.jpg": "A", "a.cls": "dog\n", "b.jpg": "B", "b.cls": "cat" },
    { "a.jpg": "C", "b.jpg": "D", "b.cls": "-1" },
  ];
  const source = valueOf(await opened(shards));
  deepStrictEqual(source.classNames, ["cat", "dog"]);
  deepStrictEqual([0, 1, 2, 3].map(source.label), [1, 0, null, null]);
  strictEqual(
    source.summary,
    "4 images in 2 classes (4 B in 2 tar archives; without a class: " +
      "1 with no label (1.tar:a.jpg), 1 with the label -1 (1.tar:b.jpg))",
  );
  const named = valueOf(await opened(shards, ["dog", "cat", "eel"]));
  deepStrictEqual(named.classNames, ["dog", "cat", "eel"]);
  deepStrictEqual([0, 1, 2].map(named.label), [0, 1, null]);
});

Deno.test("webDataset() opens images whose labels are no classes, and keeps the reason", async () => {
  const wrong = {
    "a list of labels stands at 0.tar:a.jpg": "[1, 2]",
    "1 with a label that is no text (0.tar:a.jpg)": "long ".repeat(60),
    "1 with the label -1 (0.tar:a.jpg)": "-1",
  };
  for (const [fault, label] of Object.entries(wrong)) {
    const source = valueOf(await opened([{ "a.jpg": "A", "a.cls": label }]));
    deepStrictEqual([source.classNames, source.label(0)], [null, null]);
    strictEqual(source.labelFault, fault);
    ok(source.summary.includes(`no classes: ${fault}`), source.summary);
  }
});

Deno.test("webDataset() finds classes in JSON where no other file has them, and says so", async () => {
  const shard = {
    "a.jpg": "A",
    "a.json": '{"label": 3}',
    "b.jpg": "B",
    "b.json": "[broken",
  };
  const source = valueOf(await opened([shard]));
  deepStrictEqual(source.classNames, ["3"]);
  deepStrictEqual([0, 1].map(source.label), [0, null]);
  match(source.summary, /; classes from label in \.json; without a class: 1 /);
  const both = valueOf(await opened([{ ...shard, "a.cls": "7" }]));
  deepStrictEqual(both.classNames, ["7"]);
  match(both.summary, /left out: 2 \.json \(a\.json\)/);
});

Deno.test("webDataset() passes over archives without images and says which", async () => {
  const source = valueOf(
    await opened([{}, { "a.txt": "x" }, { "a.jpg": "A", "b.jpg": "" }]),
  );
  strictEqual(
    source.summary,
    "2 images (1 B in 3 tar archives; 1 without a byte (b.jpg); " +
      "passed over: 1 empty archive (0.tar), 1 archive without images (1.tar); " +
      "left out: 1 .txt (a.txt))",
  );
});

Deno.test("webDataset() says that folders are no classes", async () => {
  const source = valueOf(
    await opened([{ "cat/a.jpg": "A", "dog/a.jpg": "B" }]),
  );
  strictEqual(source.classNames, null);
  match(source.summary, /no classes: 2 folders in archives are not taken/);
});

Deno.test("webDataset() refuses archives without any image, and names one that is damaged", async () => {
  const wrong = {
    "0.tar: found no image among 1 file (a.txt), wanted images in an archive": {
      "a.txt": "",
    },
    "found no image among 2 files (n01.tar, still packed)": {
      "a.txt": "",
      "n01.tar": "",
    },
    "0.tar: found no file, wanted images in an archive": {},
  };
  for (const [text, files] of Object.entries(wrong)) {
    const error = errorOf(await opened([files]));
    ok(error.includes(text), error);
  }
  match(errorOf(await webDataset("t", [])), /found no archive, wanted images/);
  const files = {
    "0.tar": await tarOf({ "a.jpg": "A" }),
    "1.tar": (await tarOf({ "a.jpg": "A" })).subarray(0, 700),
  };
  await inFolder(files, async (folder) => {
    const paths = ["0.tar", "1.tar"].map((name) => `${folder}/${name}`);
    match(errorOf(await webDataset("t", paths)), /1\.tar: found .* cut off/);
  });
});
