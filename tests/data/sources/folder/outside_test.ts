/**
 * Archives that name files outside of themselves: nothing there is read or written.
 *
 * @module
 */
import { packTar } from "modern-tar";
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { openSource } from "../../../../data/mod.ts";
import { parquetOf, type StoredRow } from "../../archives.ts";
import { errorOf, inFolder, valueOf } from "../../sources.ts";

/** Names that lead out of any folder, or to a file of every system. */
const OUTSIDE = [
  "../secret.jpg",
  "a/../../secret.jpg",
  "/etc/passwd.jpg",
  "C:\\secret.jpg",
];

const content = (name: string): Uint8Array => new TextEncoder().encode(name);

/** Everything below a folder, with what it holds. */
async function allBelow(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await allBelow(path));
    else found.push(`${path}: ${(await Deno.readFile(path)).length}`);
  }
  return found.sort();
}

Deno.test("openSource() of a tar archive takes names that lead out for names, and links for members of these names", async () => {
  const links = ["symlink", "link"] as const;
  const archive = await packTar([
    ...OUTSIDE.map((name) => ({
      header: { name, size: content(name).length },
      body: content(name),
    })),
    ...links.map((type) => ({
      header: { name: `${type}.jpg`, size: 0, type, linkname: "../secret.jpg" },
    })),
    ...links.map((type) => ({
      header: { name: `${type}2.jpg`, size: 0, type, linkname: "../other.jpg" },
    })),
  ]);
  const files = {
    "secret.jpg": "secret",
    "other.jpg": "secret",
    "data/x.tar": archive,
  };
  const members = [
    ...OUTSIDE.map((name) => [name, name]),
    ...links.map((type) => [`${type}.jpg`, "../secret.jpg"]),
  ];
  await inFolder(files, async (folder) => {
    const before = await allBelow(folder);
    const source = valueOf(await openSource(`${folder}/data`));
    strictEqual(source.length, members.length);
    for (const [i, [name = "", meant = ""]] of members.entries()) {
      const image = valueOf(await source.read(i));
      strictEqual(source.imageName(i), `${folder}/data/x.tar:${name}`);
      deepStrictEqual(image, { _tag: "EncodedImage", bytes: content(meant) });
    }
    match(
      source.summary,
      /2 links to nothing in the archive \(symlink2\.jpg\)/,
    );
    deepStrictEqual(await allBelow(folder), before);
  });
});

Deno.test("openSource() of a Parquet file opens no path that stands in it", async () => {
  await inFolder({ "secret.jpg": "secret", "data/": "" }, async (folder) => {
    const paths = [...OUTSIDE, `${folder}/secret.jpg`];
    const rows = paths.map((path): StoredRow => ({
      bytes: null,
      path,
      label: 0,
    }));
    const bytes = content("inside");
    const mixed = [...rows, { bytes, path: "../secret.jpg", label: 0 }];
    await Deno.writeFile(`${folder}/data/x.parquet`, parquetOf(mixed));
    const before = await allBelow(folder);
    const source = valueOf(await openSource(`${folder}/data`));
    for (let i = 0; i < rows.length; i++) {
      match(errorOf(await source.read(i)), /the row holds no bytes$/);
    }
    const image = valueOf(await source.read(rows.length));
    deepStrictEqual(image, { _tag: "EncodedImage", bytes });
    deepStrictEqual(await allBelow(folder), before);
  });
});
