import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { FinetuneConfig } from "../../train/mod.ts";
import { inFolder } from "../train/temporary_folder.ts";
import { lastLine, runExample, writeNano } from "./evaluate/program.ts";
import { writeSmallIdx } from "./pretrain/program.ts";

Deno.test("finetune.ts trains a classifier, saves it, goes on from it and ends with JSON", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const data = await writeSmallIdx(`${folder}/data`, { train: 24, t10k: 20 });
    const file = `${folder}/classifier.safetensors`;
    const small = ["--batch-size", "8", "--accum-iter", "1"];
    const clipped = ["--clip-grad", "0.5"];
    const short = ["--epochs", "2", "--warmup-epochs", "1", "--t0", "0.9"];
    const args = [
      encoder,
      "--data",
      data,
      "--backend",
      "wasm",
      ...small,
      ...short,
      ...clipped,
    ];
    const end = await runExample("finetune.ts", ...args, "--output", file);
    strictEqual(end.code, 0, end.stderr);
    match(end.stdout, /^epoch 2 of 2: loss \d\.\d{4}, top-1 \d+\.\d\d %$/m);
    const { images, queries, top1, top5, config } = lastLine(end);
    deepStrictEqual([images, queries], [24, 20]);
    strictEqual((config as FinetuneConfig).clipGrad, 0.5);
    const again = await runExample("finetune.ts", ...args, "--resume", file);
    deepStrictEqual([lastLine(again).top1, lastLine(again).top5], [top1, top5]);
    const other = await runExample(
      "finetune.ts",
      ...args,
      "--layer-decay",
      "0",
    );
    strictEqual(other.code, 2);
    match(
      other.stderr,
      /rate\.layerDecay: found 0, wanted a number in \(0, 1\]/,
    );
  }));
