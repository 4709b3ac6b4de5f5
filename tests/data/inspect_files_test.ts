import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { bytesInWords, inspectFiles } from "../../data/inspect_files.ts";
import { inFolder } from "./sources.ts";

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
    });
    const none = await inspectFiles([`${folder}/none`, `${folder}/nothing`]);
    deepStrictEqual([none.looked, none.sizes, none.unreadable], [2, null, 2]);
    match(none.reason ?? "", /none/);
    strictEqual((await inspectFiles([])).looked, 0);
  });
});
