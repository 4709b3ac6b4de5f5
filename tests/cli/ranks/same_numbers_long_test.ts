import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../../train/temporary_folder.ts";
import { ranksTest, runRanks } from "./launched.ts";
import { checkNear } from "./near_numbers.ts";
import { outcomeOf, smallRun, STEPS, wholeRun } from "./small_run.ts";

/** Rank 0 alone speaks, once; of each rank there is a line about its process. */
function checkWords(stdout: string, ranks: number): void {
  strictEqual(stdout.match(/^12 steps in/gm)?.length, 1, stdout);
  const processes = [...stdout.matchAll(/^rank (\d+): process \d+ on .*$/gm)];
  const numbers = processes.map(([, rank]) => Number(rank));
  deepStrictEqual(numbers, Array.from({ length: ranks }, (_, rank) => rank));
}

ranksTest(
  "1, 2 and 4 ranks end with the numbers of one process, to the bit, and do so again",
  () =>
    inFolder(async (folder) => {
      const { data, flags } = await smallRun(folder);
      const given = ["--data", data, ...flags, "--output-dir"];
      const alone = join(folder, "alone");
      await wholeRun(...given, alone);
      const wanted = await outcomeOf(alone);
      for (
        const [name, ranks] of [["a", 2], ["b", 2], ["c", 1], ["d", 4]] as const
      ) {
        const run = join(folder, name);
        const { code, stdout, said } = await runRanks(ranks, ...given, run);
        deepStrictEqual([code, said], [0, []]);
        deepStrictEqual(await outcomeOf(run), wanted, `${ranks} ranks`);
        checkWords(stdout, ranks);
      }
    }),
);

ranksTest(
  "3 ranks, which share every micro-batch, come as near to one process as rounding allows: 1e-5 of each tensor's largest number",
  () =>
    inFolder(async (folder) => {
      const { data, flags } = await smallRun(folder, {
        optimizer: { _tag: "Sgd", momentum: 0.9, weightDecay: 0 },
      });
      const given = ["--data", data, ...flags, "--output-dir"];
      const [alone, run] = [join(folder, "alone"), join(folder, "run")];
      await wholeRun(...given, alone);
      const { code, said, stdout } = await runRanks(3, ...given, run, "--json");
      deepStrictEqual([code, stdout.split("\n").length], [0, 2]);
      strictEqual(JSON.parse(stdout).steps, STEPS);
      match(said.join("\n"), /^12 steps in/m);
      await checkNear(run, alone);
    }),
);
