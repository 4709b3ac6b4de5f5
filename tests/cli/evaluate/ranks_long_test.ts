import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { inFolder } from "../../train/temporary_folder.ts";
import {
  endOf,
  programAddress,
  type ProgramEnd,
  ROOT,
} from "../../programs.ts";
import { writeSmallIdx } from "../pretrain/program.ts";
import { lastLine, runExample, writeNano } from "./program.ts";

const LAUNCHER = "mpirun.mpich";

function isThere(): boolean {
  try {
    const args = ["--version"];
    const options = { args, stdout: "null", stderr: "null" } as const;
    return new Deno.Command(LAUNCHER, options).outputSync().success;
  } catch {
    return false;
  }
}

const ignore = !isThere();

const named = (name: string): string =>
  ignore ? `${name} [skipped: no launcher of MPICH]` : name;

/** Starts a program on two ranks. */
function startOnTwo(
  name: string,
  ...args: readonly string[]
): Deno.ChildProcess {
  const config = new URL("deno.json", ROOT).pathname;
  const deno = [
    ...["run", "-A", "--no-lock", "--quiet", "--config", config],
    ...[programAddress(name), ...args],
  ];
  return new Deno.Command(LAUNCHER, {
    args: ["-n", "2", Deno.execPath(), ...deno],
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
}

const onTwo = (name: string, ...args: readonly string[]): Promise<ProgramEnd> =>
  endOf(startOnTwo(name, ...args).output());

/** Exit codes of the launcher: one that was interrupted itself may forget those of its processes. */
const OF_STOPPED: readonly number[] = [130, 0];

/** The last line without what no two runs share. */
function found(end: ProgramEnd): unknown {
  strictEqual(end.code, 0, end.stderr);
  const { outputDir: _, checkpoint: __, ...rest } = lastLine(end);
  return rest;
}

Deno.test({
  name: named("knn.ts on two ranks prints the numbers of one process, once"),
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const data = await writeSmallIdx(`${folder}/data`, {
        train: 150,
        t10k: 90,
      });
      const args = [
        ...["knn.ts", await writeNano(folder), "--data", data],
        ...["--backend", "onnx", "--neighbours", "7"],
      ] as const;
      const alone = found(await runExample(...args));
      const two = await onTwo(...args);
      deepStrictEqual(found(two), alone);
      strictEqual(two.stdout.match(/^feature:/gm)?.length, 1);
    }),
});

Deno.test({
  name: named("linear_probe.ts on two ranks prints the numbers of one process"),
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const data = await writeSmallIdx(`${folder}/data`, {
        train: 150,
        t10k: 90,
      });
      const args = [
        ...["linear_probe.ts", await writeNano(folder), "--data", data],
        ...["--backend", "onnx", "--epochs", "2", "--batch-size", "16"],
        ...["--warmup-epochs", "1", "--output-dir"],
      ] as const;
      const alone = found(await runExample(...args, `${folder}/one`));
      const two = found(await onTwo(...args, `${folder}/two`));
      deepStrictEqual(two, alone);
    }),
});

Deno.test({
  name: named(
    "knn.ts on two ranks ends with JSON when stopped, all of them in good order",
  ),
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const encoder = await writeNano(folder);
      const child = startOnTwo("knn.ts", encoder, "--backend", "cpu");
      const decoder = new TextDecoder();
      let told = "";
      for await (const bytes of child.stdout) {
        const before = told.includes("feature:");
        told += decoder.decode(bytes, { stream: true });
        if (!before && told.includes("feature:")) child.kill("SIGINT");
      }
      const errors = await new Response(child.stderr).text();
      const { code } = await child.status;
      ok(OF_STOPPED.includes(code), errors);
      match(errors, /^stopped before anything was found$/m);
      ok(!errors.includes("Abort("), errors);
      match(told, /^feature:/m);
      const last = told.trimEnd().split("\n").findLast((line) =>
        line.startsWith("{")
      );
      const { interrupted, images } = JSON.parse(last ?? "{}");
      ok(interrupted);
      strictEqual(images, 8000);
    }),
});

/** A pre-training of a few steps. */
const SHORT = [
  ...["pretrain.ts", "--backend", "onnx", "--epochs", "1", "--model", "nano"],
  ...["--batch-size", "8", "--accum-iter", "4", "--judge", "always", "--json"],
] as const;

Deno.test({
  name: named("pretrain.ts on two ranks judges as one process does"),
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const data = await writeSmallIdx(`${folder}/data`, {
        train: 150,
        t10k: 130,
      });
      const args = [...SHORT, "--data", data, "--output-dir"] as const;
      const judged = (end: ProgramEnd) => {
        strictEqual(end.code, 0, end.stderr);
        const { knnTop1Untrained, knnTop1Pixels, knnImages, knnQueries } =
          lastLine(end);
        return [knnTop1Untrained, knnTop1Pixels, knnImages, knnQueries];
      };
      const alone = judged(await runExample(...args, `${folder}/one`));
      deepStrictEqual(alone.slice(2), [150, 130]);
      deepStrictEqual(judged(await onTwo(...args, `${folder}/two`)), alone);
    }),
});

Deno.test({
  name: named(
    "pretrain.ts on two ranks is stopped while it judges: the run is whole, and all end in good order",
  ),
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const place = ["--limit", "64", "--output-dir", `${folder}/run`];
      const child = startOnTwo(...SHORT, ...place);
      const output = new Response(child.stdout).text();
      const decoder = new TextDecoder();
      let told = "";
      for await (const bytes of child.stderr) {
        const before = told.includes("judging");
        told += decoder.decode(bytes, { stream: true });
        if (!before && told.includes("judging")) child.kill("SIGINT");
      }
      ok(OF_STOPPED.includes((await child.status).code), told);
      match(told, /^stopped judging; the run is finished and whole/m);
      ok(!told.includes("Abort("), told);
      const { interrupted, knnTop1, steps } = JSON.parse(
        (await output).trimEnd().split("\n").at(-1) ?? "",
      );
      deepStrictEqual([interrupted, knnTop1, steps], [true, null, 2]);
    }),
});
