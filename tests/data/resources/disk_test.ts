import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { isMissing } from "../../../data/report/data_error.ts";
import {
  type Disk,
  disk,
  diskOfNode,
  type FileEnd,
  START,
} from "../../../data/resources/disk.ts";

/** A folder with a file, a folder and a link. */
async function withFolder(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "a.txt"), "pictures");
    await Deno.mkdir(join(folder, "inner"));
    await Deno.symlink(join(folder, "a.txt"), join(folder, "link"));
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const kind = ({ size, isFile, isDirectory }: FileEnd) => [
  isFile && size,
  isFile,
  isDirectory,
];

/** Everything that a file system says about the folder. */
async function said(from: Disk, folder: string): Promise<unknown> {
  const names: unknown[] = [];
  for await (const entry of from.readDir(folder)) {
    const { name, isFile, isDirectory, isSymlink } = entry;
    names.push([name, isFile, isDirectory, isSymlink]);
  }
  const at = (name: string): string => join(folder, name);
  const file = await from.open(at("link"));
  const buffer = new Uint8Array(6);
  const reads = [
    await file.read(buffer),
    file.readSync(buffer.subarray(0, 1)),
    await file.seek(5, START),
    await file.read(buffer),
    await file.read(buffer),
    file.seekSync(2, START),
    file.readSync(buffer.subarray(0, 2)),
    [...buffer],
    kind(await file.stat()),
  ];
  file[Symbol.dispose]();
  return {
    names: names.sort(),
    reads,
    ends: [
      kind(await from.stat(at("link"))),
      kind(await from.stat(at("inner"))),
      (await from.lstat(at("link"))).isFile,
    ],
    real: await from.realPath(at("link")),
    bytes: await from.readFile(at("a.txt")),
    text: await from.readTextFile(at("a.txt")),
  };
}

Deno.test("diskOfNode() says what Deno says", () =>
  withFolder(async (folder) => {
    deepStrictEqual(await said(diskOfNode(), folder), await said(disk, folder));
  }));

Deno.test("isMissing() knows that nothing is at a path by Deno and by Node", () =>
  withFolder(async (folder) => {
    for (const each of [disk, diskOfNode()]) {
      const path = join(folder, "nothing");
      await rejects(() => each.stat(path), isMissing);
      await rejects(() => each.open(path), isMissing);
      await rejects(() => each.readFile(path), isMissing);
      const other = await each.readFile(folder).catch((thrown) => thrown);
      strictEqual(isMissing(other), false);
    }
  }));
