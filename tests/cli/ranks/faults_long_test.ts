import { deepStrictEqual, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { programAddress } from "../../programs.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { isStop, type Launched, ranksTest, startRanks } from "./launched.ts";
import { smallRun, stepsIn } from "./small_run.ts";

const until = async (
  launched: Launched,
  holds: () => boolean,
): Promise<void> => {
  while (!holds() && !launched.hasEnded) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const isFile = (path: string): boolean => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
};

/** Minutes for which ranks wait, and the most that may pass until all have ended. */
const LIMIT = 0.1;
const MOST = 30_000;

for (const silent of [0, 1]) {
  ranksTest(
    `rank ${silent} falls silent: the other names it after the limit, and all end, it too`,
    () =>
      inFolder(async (folder) => {
        const { data, flags } = await smallRun(folder);
        const run = join(folder, "run");
        const launched = startRanks({
          ranks: 2,
          flags: [
            ...["--data", data, ...flags, "--epochs", "200"],
            ...["--rank-timeout", `${LIMIT}`, "--output-dir", run],
          ],
        });
        await until(launched, () => stepsIn(run) >= 2);
        const found = launched.processes().find(({ rank }) => rank === silent);
        Deno.kill(found!.pid, "SIGSTOP");
        const start = performance.now();
        const { code, said } = await launched.end;
        ok(code !== 0 && performance.now() - start < MOST);
        match(
          said[0] ?? "",
          new RegExp(
            `^rank ${
              1 - silent
            } of 2 on .*: Cannot go on: rank ${silent} on .* did not come to .* within 6 s$`,
          ),
        );
        const others = said.slice(1).filter((line) => line.startsWith("rank "));
        deepStrictEqual(others, []);
        deepStrictEqual(launched.processes(), []);
      }),
  );
}

ranksTest(
  "ranks that are stopped while they judge the encoder end together, and rank 0 says how to judge it later",
  () =>
    inFolder(async (folder) => {
      const { flags } = await smallRun(folder);
      const run = join(folder, "run");
      const judged = flags.filter((flag) =>
        !["--judge", "never"].includes(flag)
      );
      const launched = startRanks({
        ranks: 2,
        flags: [
          ...[...judged, "--judge", "always", "--limit", "8000", "--json"],
          ..."--epochs 1 --warmup-epochs 0 --batch-size 1000".split(" "),
          ...["--output-dir", run],
        ],
      });
      // The last that is drawn before.
      await until(launched, () => isFile(join(run, "reconstruction.svg")));
      launched.signal("SIGTERM");
      const { code, stdout, said } = await launched.end;
      ok(isStop(code), said.join("\n"));
      match(
        said.at(-1) ?? "",
        /^stopped judging; the run is finished and whole/,
      );
      const found = JSON.parse(stdout);
      deepStrictEqual([found.interrupted, found.steps], [true, 2]);
      deepStrictEqual(launched.processes(), []);
    }),
);

/** The program on a rank that throws once a file is there, where nobody catches it. */
const withBug = (file: string): string => `
const watching = setInterval(() => {
  try {
    Deno.statSync(${JSON.stringify(file)});
  } catch {
    return;
  }
  clearInterval(watching);
  throw new Error("a bug of rank 1");
}, 10);
await import(${JSON.stringify(programAddress("pretrain.ts"))});
`;

ranksTest(
  "an exception that nobody catches is said by its rank, which else says nothing, and ends all",
  () =>
    inFolder(async (folder) => {
      const { data, flags } = await smallRun(folder);
      const [run, address] = [join(folder, "run"), join(folder, "bug.ts")];
      const record = join(run, "metrics.jsonl");
      await Deno.writeTextFile(address, withBug(record));
      const given = [
        ...["--data", data, ...flags, "--epochs", "200"],
        ...["--output-dir", run],
      ];
      const launched = startRanks(
        { ranks: 1, flags: given },
        { ranks: 1, flags: given, address },
      );
      const { code, said } = await launched.end;
      ok(code !== 0);
      deepStrictEqual(said.length, 1, said.join("\n"));
      match(said[0] ?? "", /^rank 1 of 2 on .*: .*a bug of rank 1/);
      deepStrictEqual(launched.processes(), []);
    }),
);
