import type { ProbeConfig } from "../../../core/mod.ts";
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { chosenRate, type ProbeSweep } from "../../../train/mod.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { lastLine, runExample, writeNano } from "../evaluate/program.ts";
import { writeSmallIdx } from "../pretrain/program.ts";

Deno.test("linear_probe.ts trains a classifier, saves it, goes on from it and ends with JSON", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const data = await writeSmallIdx(`${folder}/data`, { train: 24, t10k: 20 });
    const file = `${folder}/probe.safetensors`;
    const args = [
      encoder,
      "--data",
      data,
      "--backend",
      "wasm",
      "--batch-size",
      "8",
      "--epochs",
      "2",
      "--warmup-epochs",
      "1",
      "--augment",
    ];
    const end = await runExample(
      ...["linear_probe.ts", ...args, "--output", file] as const,
      ...["--output-dir", `${folder}/first`],
    );
    strictEqual(end.code, 0, end.stderr);
    match(end.stdout, /^epoch 2 of 2: loss \d\.\d{4}$/m);
    const { images, queries, augment, top1, top5 } = lastLine(end);
    deepStrictEqual([images, queries, augment], [24, 20, true]);
    const { config, sweep, untrained } = lastLine(end) as {
      config: ProbeConfig;
      sweep: ProbeSweep;
      untrained: { top1: number };
    };
    strictEqual(chosenRate(sweep)?.baseRate, config.baseRate);
    strictEqual(sweep.heldOut, 10, "one of each class of two or three");
    // The encoder that is judged has not been trained either.
    strictEqual(untrained.top1, top1);
    const again = lastLine(
      await runExample(
        ...["linear_probe.ts", ...args, "--resume", file] as const,
        ...["--output-dir", `${folder}/second`],
      ),
    );
    deepStrictEqual([again.top1, again.top5], [top1, top5]);
    const other = await runExample(
      "linear_probe.ts",
      ...args,
      "--seed",
      "3",
      "--resume",
      file,
    );
    strictEqual(other.code, 2);
    match(other.stderr, /it is of other training: seed was 0, now 3/);
  }));

Deno.test("linear_probe.ts refuses a step of more images than there are", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(`${folder}/data`, { train: 10, t10k: 10 });
    const end = await runExample(
      "linear_probe.ts",
      await writeNano(folder),
      "--data",
      data,
      "--backend",
      "wasm",
      "--batch-size",
      "11",
    );
    strictEqual(end.code, 2);
    match(
      end.stderr,
      /--batch-size: found 11, wanted a whole number from 2 to 10/,
    );
  }));
