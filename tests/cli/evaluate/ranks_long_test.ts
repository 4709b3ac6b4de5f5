import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { inFolder } from "../../train/temporary_folder.ts";
import {
  endOf,
  interruptedAt,
  programAddress,
  type ProgramEnd,
} from "../../programs.ts";
import { writeSmallIdx } from "../pretrain/program.ts";
import { isStop, ranksCommand, ranksTest } from "../ranks/launched.ts";
import { lastLine, runExample, writeNano } from "./program.ts";

/** Starts a program on two ranks. */
const startOnTwo = (
  name: string,
  ...flags: readonly string[]
): Deno.ChildProcess => {
  const address = programAddress(name);
  return ranksCommand([{ ranks: 2, address, flags }]).spawn();
};

const onTwo = (name: string, ...args: readonly string[]): Promise<ProgramEnd> =>
  endOf(startOnTwo(name, ...args).output());

/** The last line without what no two runs share. */
function found(end: ProgramEnd): unknown {
  strictEqual(end.code, 0, end.stderr);
  const { outputDir: _, checkpoint: __, ...rest } = lastLine(end);
  return rest;
}

ranksTest(
  "knn.ts on two ranks prints the numbers of one process, once",
  () =>
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
);

ranksTest(
  "linear_probe.ts on two ranks prints the numbers of one process",
  () =>
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
);

ranksTest(
  "knn.ts on two ranks ends with JSON when stopped, all of them in good order",
  () =>
    inFolder(async (folder) => {
      const encoder = await writeNano(folder);
      const { code, stdout, stderr } = await interruptedAt(
        startOnTwo("knn.ts", encoder, "--backend", "cpu"),
        "stdout",
        "feature:",
      );
      ok(isStop(code), stderr);
      match(stderr, /^stopped before anything was found$/m);
      ok(!stderr.includes("Abort("), stderr);
      match(stdout, /^feature:/m);
      const last = stdout.trimEnd().split("\n").findLast((line) =>
        line.startsWith("{")
      );
      const { interrupted, images } = JSON.parse(last ?? "{}");
      ok(interrupted);
      strictEqual(images, 8000);
    }),
);

/** A pre-training of a few steps. */
const SHORT = [
  ...["pretrain.ts", "--backend", "onnx", "--epochs", "1", "--model", "nano"],
  ...["--batch-size", "8", "--accum-iter", "4", "--judge", "always", "--json"],
] as const;

ranksTest(
  "pretrain.ts on two ranks judges as one process does",
  () =>
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
);

ranksTest(
  "pretrain.ts on two ranks is stopped while it judges: the run is whole, and all end in good order",
  () =>
    inFolder(async (folder) => {
      const place = ["--limit", "64", "--output-dir", `${folder}/run`];
      const end = await interruptedAt(
        startOnTwo(...SHORT, ...place),
        "stderr",
        "judging",
      );
      ok(isStop(end.code), end.stderr);
      match(end.stderr, /^stopped judging; the run is finished and whole/m);
      ok(!end.stderr.includes("Abort("), end.stderr);
      const { interrupted, knnTop1, steps } = lastLine(end);
      deepStrictEqual([interrupted, knnTop1, steps], [true, null, 2]);
    }),
);
