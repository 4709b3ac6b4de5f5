import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import {
  chosenRun,
  isSameRun,
  type RunChoice,
  runProgress,
  runsIn,
} from "../../../cli/runs/choose_run.ts";
import { describeFaults } from "../../../core/mod.ts";
import { right } from "../../right.ts";
import { makeRun, runOf } from "../../train/run/follow/made_runs.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { TINY_CONFIG } from "../../train/tiny_run.ts";

const IMAGES = {
  ...{ data: null, limit: null, classes: null, valShare: null },
  heldOut: "by class" as const,
  background: "none" as const,
  ...{ found: "9 images", names: "n", contents: "1:c" },
};

const choice = (
  folder: string,
  step: number,
  others: Partial<RunChoice> = {},
): RunChoice => ({
  ...{ folder, step, totalSteps: 100, config: TINY_CONFIG, images: IMAGES },
  ...others,
});

const folderOf = (runs: readonly RunChoice[]): string | undefined =>
  right(chosenRun(runs))?.folder;

Deno.test("chosenRun() takes the run of the most steps that has not ended, in whatever order and by whatever names they come", () => {
  const runs = [choice("z", 60), choice("a", 59), choice("9", 100)];
  fc.assert(
    fc.property(
      fc.shuffledSubarray(runs, { minLength: 3 }),
      (shuffled) => strictEqual(folderOf(shuffled), "z"),
    ),
  );
  strictEqual(folderOf([choice("1", 100), choice("2", 3)]), "2");
  strictEqual(folderOf([choice("1", 100)]), "1", "one that has ended");
  strictEqual(folderOf([]), undefined);
});

Deno.test("chosenRun() of runs of other images or configurations names them instead of choosing", () => {
  const training = { ...TINY_CONFIG.training, seed: 99 };
  const others: readonly Partial<RunChoice>[] = [
    { config: { ...TINY_CONFIG, training } },
    { images: { ...IMAGES, names: "m" } },
    { images: { ...IMAGES, contents: "1:d" } },
  ];
  for (const other of others) {
    const chosen = chosenRun([choice("one", 60), choice("two", 12, other)]);
    match(
      chosen._tag === "Left" ? describeFaults(chosen.left) : "",
      /--resume auto: found "?one at step 60, two at step 12"?, wanted one run/,
    );
    const ended = { ...other, totalSteps: 12 };
    const open = [choice("one", 60), choice("two", 12, ended)];
    strictEqual(folderOf(open), "one", "the other one has ended");
  }
});

Deno.test("isSameRun() lets only the schedule differ, if it may", () => {
  const longer = {
    ...TINY_CONFIG,
    training: { ...TINY_CONFIG.training, epochs: 77 },
  };
  const other = {
    ...TINY_CONFIG,
    training: { ...TINY_CONFIG.training, batchSize: 77 },
  };
  const verdicts = [TINY_CONFIG, longer, other].map((config) =>
    [false, true].map((allows) => isSameRun(config, TINY_CONFIG, allows))
  );
  deepStrictEqual(verdicts, [[true, true], [false, true], [false, false]]);
});

Deno.test("runProgress() and runsIn() go by what the folders hold: a renamed, touched copy is the same run", () =>
  inFolder(async (parent) => {
    deepStrictEqual(await runsIn(join(parent, "nothing")), []);
    for (const name of ["10", "2", "copy"]) {
      await makeRun(join(parent, name), runOf(2), 5);
    }
    await Deno.mkdir(join(parent, "1"));
    deepStrictEqual(
      await runsIn(parent),
      ["2", "10", "copy"].map((name) => join(parent, name)),
    );
    const copy = join(parent, "copy");
    const { totalSteps } = runOf(2).plan;
    const known = await runProgress(copy);
    deepStrictEqual([known.step, known.totalSteps], [5, totalSteps]);
    const renamed = join(copy, "checkpoints", "step-000000009");
    await Deno.rename(join(copy, "checkpoints", "step-000000005"), renamed);
    await Deno.utime(join(copy, "metrics.jsonl"), 0, 0);
    strictEqual((await runProgress(copy)).step, 5);
  }));
