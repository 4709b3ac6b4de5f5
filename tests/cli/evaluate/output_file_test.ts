import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { checkWritable } from "../../../cli/evaluate/output_file.ts";
import { describeTrainError } from "../../../train/mod.ts";
import { inFolder } from "../../train/temporary_folder.ts";

Deno.test("checkWritable() leaves a folder as it is, and names the file where none can be written", () =>
  inFolder(async (folder) => {
    const path = join(folder, "there");
    strictEqual((await checkWritable(path))._tag, "Right");
    deepStrictEqual([...Deno.readDirSync(folder)], []);
    await Deno.writeTextFile(path, "kept");
    strictEqual((await checkWritable(path))._tag, "Right");
    strictEqual(await Deno.readTextFile(path), "kept");
    const below = await checkWritable(join(path, "below"));
    match(
      below._tag === "Left" ? describeTrainError(below.left) : "",
      /^Cannot use .*there\/below: ./,
    );
    strictEqual([...Deno.readDirSync(folder)].length, 1);
  }));
