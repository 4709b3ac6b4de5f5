import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { encode, waves } from "../../data/photographs.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { timelessRecord, writeSmallIdx } from "../pretrain/program.ts";
import {
  allGone,
  type Group,
  type LaunchEnd,
  ranksTest,
  runAlone,
  runRanks,
  startRanks,
} from "./launched.ts";
import { smallRun, STEPS } from "./small_run.ts";

const isThere = (path: string): Promise<boolean> =>
  Deno.stat(path).then(() => true, () => false);

/** Rank 0 with some flags, rank 1 with others. */
function each(...flags: readonly (readonly string[])[]): Promise<LaunchEnd> {
  const groups = flags.map((flags): Group => ({ ranks: 1, flags }));
  return startRanks(...groups).end;
}

/** One message ended all, before anything was written. */
async function checkRefused(
  { code, said }: LaunchEnd,
  message: RegExp,
  run: string,
): Promise<void> {
  deepStrictEqual([code, said.length], [2, 1], said.join("\n"));
  match(said[0] ?? "", message);
  ok(!await isThere(run), "nothing is written");
}

ranksTest(
  "ranks with different flags, data or files refuse to begin, by the rank and the field",
  () =>
    inFolder(async (folder) => {
      const { data, flags } = await smallRun(folder);
      const run = join(folder, "run");
      const given = ["--data", data, ...flags, "--output-dir", run];
      await checkRefused(
        await each(given, [...given, "--seed", "3"]),
        /^rank 0 of 2 on .*: Cannot begin: rank 1 on .* differs from rank 0 in flags\.seed: found 3, wanted /,
        run,
      );
      const nowhere = ["--data", "/nowhere", ...flags, "--output-dir", run];
      await checkRefused(
        await each(given, nowhere),
        /^rank 1 of 2 on .*: Cannot use \/nowhere: found nothing there/,
        run,
      );
      const more = { train: 97, t10k: 20 };
      const other = await writeSmallIdx(join(folder, "other"), more);
      await checkRefused(
        await each(given, ["--data", other, ...flags, "--output-dir", run]),
        /^rank 0 of 2 on .*: Cannot begin: rank 1 on .* differs from rank 0 in images\.\w+: found .*, wanted /,
        run,
      );
    }),
);

ranksTest(
  "one picture more on one rank is refused",
  () =>
    inFolder(async (folder) => {
      const { flags } = await smallRun(folder);
      const picture = await encode(waves(20, 20), "png");
      const [few, more] = [join(folder, "few"), join(folder, "more")];
      for (const [path, count] of [[few, 24], [more, 25]] as const) {
        await Deno.mkdir(path);
        for (let i = 0; i < count; i++) {
          await Deno.writeFile(join(path, `${i}.png`), picture);
        }
      }
      const run = join(folder, "run");
      const rest = [...flags, "--output-dir", run];
      await checkRefused(
        await each(["--data", few, ...rest], ["--data", more, ...rest]),
        /^rank 0 of 2 on .*: Cannot begin: rank 1 on .* differs from rank 0 in /,
        run,
      );
    }),
);

ranksTest(
  "a wrong flag is said once, whether it is one rank's or all ranks'",
  () =>
    inFolder(async (folder) => {
      const { data, flags } = await smallRun(folder);
      const run = join(folder, "run");
      const given = ["--data", data, ...flags, "--output-dir", run];
      const wrong = [...given, "--sed", "3"];
      const unknown = (rank: number, ranks: number) =>
        new RegExp(
          `^rank ${rank} of ${ranks} on .*: --sed: found nothing, wanted a known flag`,
        );
      const all = startRanks({ ranks: 3, flags: wrong }).end;
      await checkRefused(await all, unknown(0, 3), run);
      await checkRefused(await each(given, wrong), unknown(1, 2), run);
    }),
);

ranksTest("help is said once", async () => {
  const { code, stdout, said } = await runRanks(2, "--help");
  deepStrictEqual([code, said], [0, []]);
  strictEqual(stdout.match(/Pre-trains a Vision Transformer/g)?.length, 1);
});

ranksTest(
  "a rank that never starts is missed within the limit",
  () =>
    inFolder(async (folder) => {
      const { data, flags } = await smallRun(folder);
      const run = join(folder, "run");
      const sleeps = join(folder, "sleeps.ts");
      await Deno.writeTextFile(sleeps, "setTimeout(() => {}, 60_000);");
      const limit = ["--rank-timeout", "0.05", "--output-dir", run];
      const start = performance.now();
      const launched = startRanks(
        { ranks: 1, flags: ["--data", data, ...flags, ...limit] },
        { ranks: 1, address: sleeps, flags: [] },
      );
      const { code, said } = await launched.end;
      ok(code !== 0 && performance.now() - start < 30_000);
      deepStrictEqual(said, [
        "rank 0: Cannot go on: another rank did not come to the start of MPI within 3 s",
      ]);
      await allGone(launched);
    }),
);

ranksTest(
  "--distributed mpi wants a launcher; with --distributed off each process works for itself",
  () =>
    inFolder(async (folder) => {
      const { data, flags } = await smallRun(folder);
      const run = join(folder, "run");
      const given = ["--data", data, ...flags, "--output-dir"];
      const alone = await runAlone(...given, run, "--distributed", "mpi");
      strictEqual(alone.code, 2);
      match(
        alone.said.join("\n"),
        /^--distributed mpi: this process was not started by mpirun/m,
      );
      ok(!await isThere(run));
      const [a, b] = [join(folder, "a"), join(folder, "b")];
      const off = ["--distributed", "off"];
      const end = await each([...given, a, ...off], [...given, b, ...off]);
      deepStrictEqual([end.code, end.said], [0, []]);
      strictEqual(end.stdout.match(/^12 steps in/gm)?.length, 2);
      deepStrictEqual(await timelessRecord(a), await timelessRecord(b));
      strictEqual((await timelessRecord(a)).length, STEPS);
    }),
);
