import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { describeDataError, openPictures } from "../../../../data/mod.ts";
import { orThrow } from "../../../../train/mod.ts";
import { inFolder } from "../../../train/temporary_folder.ts";

/** A picture of one grey pixel. */
const GREY = "P2 1 1 255 128 ";

Deno.test("openPictures() joins files and folders in their order, each picture under its own name", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/new/deep`, { recursive: true });
    for (const name of ["one", "new/b.pgm", "new/a.pgm", "new/deep/c.pgm"]) {
      await Deno.writeTextFile(`${folder}/${name}`, GREY);
    }
    const paths = [`${folder}/one`, `${folder}/new`, `${folder}/one`];
    const pictures = orThrow(await openPictures(paths));
    const names = Array.from(
      { length: pictures.length },
      (_, i) => pictures.imageName(i).slice(folder.length),
    );
    deepStrictEqual(names, [
      ...["/one", "/new/a.pgm", "/new/b.pgm", "/new/deep/c.pgm", "/one"],
    ]);
    for (let i = 0; i < pictures.length; i++) {
      strictEqual((await pictures.read(i))._tag, "Right");
      strictEqual(await pictures.bytes?.(i), GREY.length);
    }
    strictEqual(pictures.classNames, null);
  }));

Deno.test("openPictures() finds out about a missing file when it is read, about an empty folder at once", () =>
  inFolder(async (folder) => {
    const pictures = orThrow(await openPictures([`${folder}/none.png`]));
    const read = await pictures.read(0);
    match(
      read._tag === "Left" ? describeDataError(read.left) : "",
      /none\.png: there is no such file$/,
    );
    const empty = await openPictures([folder]);
    match(
      empty._tag === "Left" ? describeDataError(empty.left) : "",
      /found an empty folder/,
    );
    const nothing = await openPictures([]);
    match(
      nothing._tag === "Left" ? describeDataError(nothing.left) : "",
      /paths: found .*wanted at least one file or folder/,
    );
  }));
