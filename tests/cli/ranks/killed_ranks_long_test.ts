import { deepStrictEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../../train/temporary_folder.ts";
import { killRanks } from "./killed_ranks.ts";
import { ranksTest } from "./launched.ts";
import { checkNear } from "./near_numbers.ts";
import { outcomeOf, smallRun, wholeRun } from "./small_run.ts";

const SEED = 3;
const KILLS = 20;

/** Sums of 2 and 4 ranks are those of one process, to the bit; of 3 to rounding. */
const sizesOf = (run: number): readonly number[] =>
  run % 2 === 0 ? [2, 4] : [2, 3, 4];

ranksTest(
  `seed ${SEED}: of 2 to 4 ranks one is killed, ${KILLS} times: all are gone within 10 s, no checkpoint is cut off, and others go on to the numbers of a run that was never killed`,
  () =>
    inFolder(async (folder) => {
      const { data, flags } = await smallRun(folder, {
        optimizer: { _tag: "Sgd", momentum: 0.9, weightDecay: 0 },
      });
      const given = ["--data", data, ...flags, "--save-every-steps", "2"];
      const alone = join(folder, "alone");
      await wholeRun(...given, "--output-dir", alone);
      const wanted = await outcomeOf(alone);
      const lives = await killRanks({
        ...{ kills: KILLS, seed: SEED, folder, sizesOf, flags: given },
        check: async (run, number) =>
          sizesOf(number).includes(3)
            ? await checkNear(run, alone)
            : deepStrictEqual(await outcomeOf(run), wanted),
      });
      const victims = lives.flatMap(({ killed }) => killed?.rank ?? []);
      ok(new Set(victims).size >= 3, `victims: ${victims}`);
    }),
);
