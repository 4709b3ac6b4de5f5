import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { inspectFiles } from "../../../data/sources/inspect_files.ts";
import { bytesInWords } from "../../../data/report/counts.ts";
import { inFolder } from "../sources.ts";

Deno.test("bytesInWords() rounds to two or three digits and never says 1000 kB", () => {
  deepStrictEqual(
    [0, 999, 1000, 9949, 9950, 999_499, 999_500, 12_345_678].map(bytesInWords),
    ["0 B", "999 B", "1.0 kB", "9.9 kB", "10 kB", "999 kB", "1.0 MB", "12 MB"],
  );
});

Deno.test("inspectFiles() looks at no more than it may, evenly spread", async () => {
  const sizes = Array.from({ length: 100 }, (_, i) => i);
  const files = sizes.map((i) => [`${i}`, new Uint8Array(i)] as const);
  await inFolder(Object.fromEntries(files), async (folder) => {
    const paths = sizes.map((i) => `${folder}/${i}`);
    deepStrictEqual(await inspectFiles(paths, 10), {
      looked: 10,
      sizes: [0, 90],
      unreadable: 0,
      reason: null,
      foreign: 10,
      kind: `${folder}/0 is an empty file`,
    });
    const none = await inspectFiles([`${folder}/none`, `${folder}/nothing`]);
    deepStrictEqual([none.looked, none.sizes, none.unreadable], [2, null, 2]);
    match(none.reason ?? "", /none/);
    strictEqual((await inspectFiles([])).looked, 0);
  });
});

Deno.test("inspectFiles() says how many files are no images and what the first one is", async () => {
  const files = {
    "a.png": "GIF89a",
    "b.png": "version https://git-lfs.github.com/spec/v1\noid sha256:1",
    "c.png": Uint8Array.of(1, 2, 3, 254),
  };
  await inFolder(files, async (folder) => {
    const paths = ["a", "b", "c"].map((name) => `${folder}/${name}.png`);
    const { foreign, kind } = await inspectFiles(paths);
    strictEqual(foreign, 2);
    match(kind ?? "", /b\.png is a Git LFS pointer/);
    strictEqual(
      (await inspectFiles(paths.slice(2))).kind,
      `${paths[2]} is of no kind that is known`,
    );
  });
});
