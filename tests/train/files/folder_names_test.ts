import { deepStrictEqual, match } from "node:assert/strict";
import { join } from "node:path";
import { describeTrainError } from "../../../train/mod.ts";
import { folderNames } from "../../../train/files/file_result.ts";
import { inFolder } from "../temporary_folder.ts";
import { newRunFolder, tinyRun, trained } from "../tiny_run.ts";

Deno.test("folderNames() of a missing folder are none, of one that cannot be read an error", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    deepStrictEqual(trained(await folderNames(folder)), ["file"]);
    deepStrictEqual(trained(await folderNames(join(folder, "none"))), []);
    const file = await folderNames(join(folder, "file"));
    match(
      file._tag === "Left" ? describeTrainError(file.left) : "",
      /file: ENOTDIR/,
    );
  }));

const FOLDER = Deno.makeTempDirSync();

Deno.test({
  name: "createRunFolder() writes over nothing where it may write but not look",
  permissions: { read: false, write: [FOLDER], sys: true },
  fn: async () => {
    const path = join(FOLDER, "run");
    const made = await newRunFolder(path, tinyRun(), 2);
    match(
      made._tag === "Left" ? describeTrainError(made.left) : "",
      /Requires read access to ".*\/run/,
    );
    await Deno.remove(FOLDER, { recursive: true });
  },
});
