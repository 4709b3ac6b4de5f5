import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { webDataset } from "../../data/mod.ts";
import { tarIndex } from "../../data/tar_index.ts";
import { shardOf, tarOf } from "./archives.ts";
import { errorOf, inFolder, valueOf } from "./sources.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const LONG = `${"deep/".repeat(60)}${"n".repeat(90)}.jpg`;

Deno.test("tarIndex() finds what modern-tar writes, long names too", async () => {
  const files = {
    "a.jpg": "first",
    [LONG]: "second",
    "größe.jpg": "",
    "b/c.png": "x".repeat(1300),
  };
  await inFolder({ "t.tar": await tarOf(files) }, async (folder) => {
    const entries = valueOf(await tarIndex(`${folder}/t.tar`));
    const whole = await Deno.readFile(`${folder}/t.tar`);
    deepStrictEqual(
      Object.fromEntries(entries.map(({ name, offset, size }) =>
        [
          name,
          new TextDecoder().decode(whole.subarray(offset, offset + size)),
        ] as const
      )),
      files,
    );
  });
});

Deno.test("tarIndex() finds what tar(1) writes in each of its formats, links and folders passed over", async () => {
  await inFolder(
    { "in/a.jpg": "one", [`in/${LONG}`]: "two" },
    async (folder) => {
      await Deno.symlink("a.jpg", `${folder}/in/link.jpg`);
      await Deno.link(`${folder}/in/a.jpg`, `${folder}/in/z.jpg`);
      for (const format of ["gnu", "pax"]) {
        const path = `${folder}/${format}.tar`;
        const { success } = await new Deno.Command("tar", {
          args: [
            "--sort=name",
            `--format=${format}`,
            "-cf",
            path,
            "-C",
            `${folder}/in`,
            ".",
          ],
        }).output();
        strictEqual(success, true);
        const entries = valueOf(await tarIndex(path));
        deepStrictEqual(entries.map(({ name, size }) => [name, size]), [
          ["./a.jpg", 3],
          [`./${LONG}`, 3],
        ]);
      }
    },
  );
});

Deno.test("tarIndex() names what is wrong and where", async () => {
  const tar = await tarOf({ "a.jpg": "x".repeat(2000) });
  const damaged = tar.slice();
  damaged[3] = 1;
  const wrong = {
    "an empty file": new Uint8Array(),
    "half a header at byte 0": tar.subarray(0, 300),
    "a file of 2000 bytes that goes on behind it at byte 0": tar.subarray(
      0,
      1500,
    ),
    "no end, as of a file that was cut off, at byte 2560": tar.subarray(
      0,
      2560,
    ),
    "no end, as of a file that was cut off, at byte 2560 ": tar.subarray(
      0,
      2530,
    ),
    "a header with a wrong checksum at byte 0": damaged,
    "a header with a wrong checksum at byte 0 ": bytesOf(
      "no archive ".repeat(60),
    ),
  };
  for (const [text, bytes] of Object.entries(wrong)) {
    await inFolder({ "t.tar": bytes }, async (folder) => {
      match(
        errorOf(await tarIndex(`${folder}/t.tar`)),
        new RegExp(
          `t\\.tar: found (${text.trim()}|a number that is none at byte 0), wanted a tar archive$`,
        ),
      );
    });
  }
  match(errorOf(await tarIndex("/nowhere.tar")), /found nothing, wanted a tar/);
});

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

Deno.test("webDataset() needs no classes, passes over other files, and never opens a name", async () => {
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
    deepStrictEqual([...await Array.fromAsync(Deno.readDir(folder))].length, 1);
  });
});

Deno.test("webDataset() refuses classes that are no numbers, of a part only, or without a name; and double images", async () => {
  const wrong = {
    'found "cat" in a.cls, wanted the number of a class': {
      "a.jpg": "",
      "a.cls": "cat",
    },
    "found 1 of 2 images without a class": {
      "a.jpg": "",
      "a.cls": "0",
      "b.jpg": "",
    },
    "found class 2, wanted classes below 2": { "a.jpg": "", "a.cls": "2" },
    "found two images of sample a": { "a.jpg": "", "a.png": "" },
    "found no image among 1 file \\(a.txt\\)": { "a.txt": "" },
    "among 2 files \\(n01.tar, still packed\\)": { "a.txt": "", "n01.tar": "" },
  };
  for (const [text, files] of Object.entries(wrong)) {
    await inFolder({ "t.tar": await tarOf(files) }, async (folder) => {
      const source = await webDataset("t", [`${folder}/t.tar`], ["x", "y"]);
      match(errorOf(source), new RegExp(text));
    });
  }
});
