import type { FinetuneConfig } from "../../../core/mod.ts";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { inFolder } from "../../train/temporary_folder.ts";
import {
  lastLine,
  runExample,
  startExample,
  writeNano,
} from "../evaluate/program.ts";
import { writeSmallIdx } from "../pretrain/program.ts";

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
    const end = await runExample(
      ...["finetune.ts", ...args, "--output", file] as const,
      ...["--output-dir", `${folder}/first`],
    );
    strictEqual(end.code, 0, end.stderr);
    match(end.stdout, /^epoch 2 of 2: loss \d\.\d{4}, top-1 \d+\.\d\d %$/m);
    const { images, queries, top1, top5, config } = lastLine(end);
    deepStrictEqual([images, queries], [24, 20]);
    strictEqual((config as FinetuneConfig).clipGrad, 0.5);
    const again = await runExample(
      ...["finetune.ts", ...args, "--resume", file] as const,
      ...["--output-dir", `${folder}/second`],
    );
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
      /--layer-decay: found 0, wanted a number in \(0, 1\]/,
    );
  }));

Deno.test("finetune.ts without --output keeps its classifier in a folder, stops there on Ctrl-C and goes on to the same accuracy", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const data = await writeSmallIdx(`${folder}/data`, { train: 40, t10k: 20 });
    const args = [
      ...[encoder, "--data", data, "--backend", "wasm", "--accum-iter", "1"],
      ...["--batch-size", "8", "--epochs", "3", "--warmup-epochs", "1"],
    ];
    const whole = `${folder}/whole`;
    const end = await runExample("finetune.ts", ...args, "--output-dir", whole);
    strictEqual(end.code, 0, end.stderr);
    const again = await runExample(
      "finetune.ts",
      ...args,
      "--output-dir",
      whole,
    );
    strictEqual(again.code, 2);
    match(again.stderr, /whole: it already holds a run; resume that one/);

    const run = `${folder}/run`;
    const child = startExample("finetune.ts", ...args, "--output-dir", run);
    const isKept = () =>
      Deno.stat(`${run}/checkpoints/step-000000005`)
        .then(() => true, () => false);
    while (!await isKept()) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill("SIGINT");
    const { code, stdout, stderr } = await child.output();
    const told = new TextDecoder().decode(stderr);
    const out = new TextDecoder().decode(stdout);
    strictEqual(code, 130, told);
    const said = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
    deepStrictEqual([said.interrupted, said.resume], [true, run]);
    match(
      told,
      /go on with: .*finetune.ts .* --resume \S*run --backend wasm$/m,
    );
    const rest = await runExample("finetune.ts", ...args, "--resume", run);
    strictEqual(rest.code, 0, rest.stderr);
    const { top1, top5, loss } = lastLine(rest);
    const wanted = lastLine(end);
    deepStrictEqual([top1, top5], [wanted.top1, wanted.top5]);
    ok(typeof loss === "number");
    const evaluations = await Deno.readTextFile(`${run}/evaluations.jsonl`);
    deepStrictEqual(
      evaluations.trimEnd().split("\n").map((line) => JSON.parse(line).step),
      [5, 10, 15],
    );
  }));
