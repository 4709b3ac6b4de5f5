import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CommandFailed } from "../../../cli/command/command_failed.ts";
import { fieldNames } from "../../../cli/flags/field_names.ts";
import { askedComparison } from "../../../cli/compare/compare_flags.ts";
import {
  keepPart,
  knownResults,
  openExperiment,
  trialResults,
} from "../../../cli/compare/trial_folder.ts";
import { inFolder } from "../../train/temporary_folder.ts";

const { experiment } = await askedComparison({});

const SCORES = { top1: 0.5, top5: 0.9, wallSeconds: 1 };

/** What a refusal says. */
const refusalOf = (work: () => Promise<unknown>): Promise<string> =>
  work().then(() => "none", (error) => {
    if (error instanceof CommandFailed) return error.describe(fieldNames({}));
    throw error;
  });

Deno.test("trialResults() finds trials of a folder and of known results, each once, with the judges of both", () =>
  inFolder(async (folder) => {
    const trial = { method: "untrained", seed: 3 };
    const known = [{ ...trial, pretrain: null, judged: { probe: SCORES } }];
    const done = { own: folder, known };
    await mkdir(join(folder, "trials", "untrained-3"), { recursive: true });
    await keepPart(done, trial, "knn@10", { ...SCORES, top1: 0.25 });
    const [found, ...others] = await trialResults(done, []);
    strictEqual(others.length, 0);
    deepStrictEqual(
      Object.entries(found?.judged ?? {}).map((
        [judge, scores],
      ) => [judge, scores?.top1]).toSorted(),
      [["knn@10", 0.25], ["probe", 0.5]],
    );
  }));

Deno.test("knownResults() refuses a folder without an experiment, and results that are cut off or of something else", () =>
  inFolder(async (folder) => {
    const known = () => knownResults(folder, experiment);
    match(await refusalOf(known), /--with: found ".*", wanted the folder of/);
    await openExperiment(folder, experiment, true);
    const path = join(folder, "results.jsonl");
    const line = JSON.stringify({
      ...{ method: "a", seed: 0, pretrain: null, judged: { knn: SCORES } },
    });
    await writeFile(path, `${line}\n`);
    deepStrictEqual(await known(), [JSON.parse(line)]);
    await writeFile(path, line.slice(0, 40));
    match(await refusalOf(known), /results\.jsonl is damaged/);
    await writeFile(path, '{"method":"a"}\n');
    match(
      await refusalOf(known),
      /damaged: a line is no trial: \{"method":"a"\}/,
    );
  }));
