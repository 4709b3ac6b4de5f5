import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  describeTrainError,
  initialSnapshot,
  latestCheckpoint,
  readCheckpoint,
  writeCheckpoint,
} from "../../train/mod.ts";
import { inFolder } from "./temporary_folder.ts";
import { tinyRun, trained } from "./tiny_run.ts";

const RUN = tinyRun();
const START = initialSnapshot(RUN.config, RUN.plan);

const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();

Deno.test("writeCheckpoint() where a file is in the way is an error and leaves earlier ones as they are", () =>
  inFolder(async (folder) => {
    const path = trained(await writeCheckpoint(folder, RUN, START));
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "in the way");
    const failed = await writeCheckpoint(file, RUN, START);
    strictEqual(failed._tag === "Left" && failed.left._tag, "FileFailed");
    strictEqual(await Deno.readTextFile(file), "in the way");
    deepStrictEqual(trained(await readCheckpoint(path, RUN)), START);
  }));

/** A disk that holds one tiny checkpoint, not two. */
const DISK_BYTES = await (async () => {
  let bytes = 0;
  await inFolder(async (folder) => {
    const path = trained(await writeCheckpoint(folder, RUN, START));
    for await (const { name } of Deno.readDir(path)) {
      bytes += (await Deno.stat(join(path, name))).size;
    }
  });
  return Math.round(1.5 * bytes);
})();

async function mount(folder: string): Promise<string | null> {
  try {
    const { success, stderr } = await new Deno.Command("mount", {
      args: ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", folder],
    }).output();
    return success ? null : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    return String(error);
  }
}

const unmount = (folder: string) =>
  new Deno.Command("umount", { args: [folder] }).output();

const probe = await Deno.makeTempDir();
const refused = await mount(probe);
if (refused === null) await unmount(probe);
await Deno.remove(probe);

Deno.test({
  name: `writeCheckpoint() on a full disk keeps the last good checkpoint${
    refused === null ? "" : ` [skipped: no small disk: ${refused}]`
  }`,
  ignore: refused !== null,
  fn: () =>
    inFolder(async (disk) => {
      strictEqual(await mount(disk), null);
      try {
        const path = trained(await writeCheckpoint(disk, RUN, START));
        const failed = await writeCheckpoint(disk, RUN, { ...START, step: 1 });
        if (failed._tag === "Right") throw new Error("the disk is too large");
        match(
          describeTrainError(failed.left),
          /step-000000001.*ENOSPC|no space/i,
        );
        deepStrictEqual(await namesIn(disk), ["step-000000000"]);
        strictEqual(trained(await latestCheckpoint(disk)), path);
        deepStrictEqual(trained(await readCheckpoint(path, RUN)), START);
      } finally {
        await unmount(disk);
      }
    }),
});
