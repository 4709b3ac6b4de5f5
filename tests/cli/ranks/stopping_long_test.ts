import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../../train/temporary_folder.ts";
import { isStop, type Launched, ranksTest, startRanks } from "./launched.ts";
import {
  checkpointsIn,
  OF_EVERY_START,
  outcomeOf,
  smallRun,
  stepsIn,
  wholeRun,
} from "./small_run.ts";

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits until a run has taken so many steps, or has ended. */
async function untilStep(
  run: string,
  steps: number,
  launched: Launched,
): Promise<void> {
  while (stepsIn(run) < steps && !launched.hasEnded) await sleep(5);
}

/** Runs ranks, stops them after some steps, and gives how many they took. */
async function stopped(
  ranks: number,
  run: string,
  steps: number,
  signal: Deno.Signal,
  flags: readonly string[],
): Promise<number> {
  const launched = startRanks({ ranks, flags });
  await untilStep(run, steps, launched);
  const processes = launched.processes();
  deepStrictEqual(
    processes.map(({ rank }) => rank).toSorted(),
    Array.from({ length: ranks }, (_, rank) => rank),
  );
  launched.signal(signal);
  const { code, stdout, stderr, said } = await launched.end;
  ok(isStop(code), stderr);
  strictEqual(stdout.match(/^stopping; again to end at once/gm)?.length, 1);
  strictEqual(said.length, 2, stderr);
  const [, step = ""] =
    /^stopped after step (\d+) of 12; checkpoint /.exec(said[0] ?? "") ?? [];
  ok(said[1]?.startsWith(`go on with: mpirun -n ${ranks} deno run -A `));
  match(said[1] ?? "", / --resume /);
  deepStrictEqual(launched.processes(), []);
  strictEqual(stepsIn(run), Number(step));
  strictEqual(checkpointsIn(run).at(-1), Number(step));
  return Number(step);
}

ranksTest(
  "ranks that are stopped write one checkpoint after their step and end; others, or one process, go on, to the numbers of a run without a stop",
  () =>
    inFolder(async (folder) => {
      const { data, flags } = await smallRun(folder);
      const [alone, run] = [join(folder, "alone"), join(folder, "run")];
      // Of an epoch there is none: those of the starts and stops are all.
      const given = [
        "--data",
        data,
        ...flags,
        "--save-every",
        "9",
        "--output-dir",
      ];
      await wholeRun(...given, alone);
      const first = await stopped(2, run, 3, "SIGTERM", [...given, run]);
      ok(first >= 3 && first < 12);
      deepStrictEqual(checkpointsIn(run), [0, first]);
      const onward = ["--resume", run, ...OF_EVERY_START, "--save-every", "9"];
      const second = await stopped(4, run, first + 2, "SIGINT", onward);
      ok(second >= first + 2 && second < 12);
      await wholeRun(...onward);
      deepStrictEqual(await outcomeOf(run), await outcomeOf(alone));
    }),
);
