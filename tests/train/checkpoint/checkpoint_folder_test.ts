import { deepStrictEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { initialSnapshot } from "../../../train/mod.ts";
import { readCheckpoint } from "../../../train/checkpoint/read_checkpoint.ts";
import { writeCheckpoint } from "../../../train/checkpoint/write_checkpoint.ts";
import {
  putInPlace,
  removeCheckpoint,
  tidyCheckpoints,
} from "../../../train/checkpoint/checkpoint_folder.ts";
import { inFolder } from "../temporary_folder.ts";
import { tinyRun, trained } from "../tiny_run.ts";

const RUN = tinyRun();
const START = initialSnapshot(RUN.config, RUN.plan);
const NAME = "step-000000000";

const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();

/** A folder in which `name` stands for a whole checkpoint. */
async function wholeAt(folder: string, name: string): Promise<void> {
  const path = trained(await writeCheckpoint(folder, RUN, START));
  await Deno.rename(path, join(folder, name));
}

async function torn(folder: string, name: string): Promise<void> {
  await Deno.mkdir(join(folder, name));
  await Deno.writeTextFile(join(folder, name, "model.safetensors"), "cut o");
}

Deno.test("tidyCheckpoints() leaves whole checkpoints and nothing else, wherever a writer died", async (t) => {
  /** What is in the folder when the writer dies; all but `torn` is whole. */
  const moments: readonly (readonly [string, readonly string[], boolean])[] = [
    ["while it wrote the first", [], true],
    ["while it wrote another of the same step", [NAME], true],
    ["when the old one was aside", [`${NAME}.replaced`], true],
    ["when the new one was in place", [NAME, `${NAME}.replaced`], false],
    ["while it removed one", [], true],
  ];
  for (const [moment, whole, isTorn] of moments) {
    await t.step(moment, () =>
      inFolder(async (folder) => {
        for (const name of whole) await wholeAt(folder, name);
        if (isTorn) await torn(folder, `${NAME}.partial`);
        const unfinished = await tidyCheckpoints(folder);
        deepStrictEqual(unfinished, isTorn ? [`${NAME}.partial`] : []);
        deepStrictEqual(
          await namesIn(folder),
          whole.length === 0 ? [] : [NAME],
        );
        if (whole.length > 0) {
          const read = await readCheckpoint(join(folder, NAME), RUN);
          deepStrictEqual(trained(read), START);
        }
      }));
  }
});

Deno.test("tidyCheckpoints() of no folder does nothing", () =>
  inFolder(async (folder) => {
    deepStrictEqual(await tidyCheckpoints(join(folder, "nothing")), []);
  }));

Deno.test("putInPlace() that fails leaves the checkpoint before", () =>
  inFolder(async (folder) => {
    await wholeAt(folder, NAME);
    const failed = await putInPlace(join(folder, NAME)).then(
      () => null,
      (error) => error,
    );
    ok(failed instanceof Error, "there is nothing to put in place");
    deepStrictEqual(await namesIn(folder), [NAME]);
  }));

Deno.test("removeCheckpoint() removes one and what an earlier removal left", () =>
  inFolder(async (folder) => {
    const path = trained(await writeCheckpoint(folder, RUN, START));
    await torn(folder, `${NAME}.partial`);
    await removeCheckpoint(path);
    deepStrictEqual(await namesIn(folder), []);
  }));
