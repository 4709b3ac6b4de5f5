import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { inFolder } from "../../train/temporary_folder.ts";
import { lastLine, runExample, writeNano } from "../evaluate/program.ts";
import { writeSmallIdx } from "../pretrain/program.ts";

const CPU = ["--backend", "cpu"];

const rowsOf = (text: string): readonly string[] => text.trimEnd().split("\n");

Deno.test("predict.ts names what a fine-tuning names, from its folder, its file and its export, and JSON holds the same", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(`${folder}/data`, { train: 24, t10k: 20 });
    const [run, file] = [`${folder}/run`, `${folder}/file.safetensors`];
    const tuned = await runExample(
      ...["finetune.ts", await writeNano(folder), "--data", data] as const,
      ...["--backend", "wasm", "--batch-size", "8", "--accum-iter", "1"],
      ...["--epochs", "1", "--warmup-epochs", "0"],
      ...["--output-dir", run, "--output", file],
    );
    strictEqual(tuned.code, 0, tuned.stderr);
    const exported = await runExample("export.ts", run, `${folder}/out`);
    strictEqual(exported.code, 0, exported.stderr);
    const classes = lastLine(exported).classes as readonly string[];
    const json = ["--json", "--top", "99", ...CPU];
    const found = [];
    for (const from of [run, file, `${folder}/out`]) {
      const end = await runExample("predict.ts", from, data, ...json);
      strictEqual(end.code, 0, end.stderr);
      const { predictions, pictures, unreadable } = lastLine(end);
      deepStrictEqual([pictures, unreadable], [24, 0]);
      found.push(predictions);
    }
    deepStrictEqual(found[1], found[0]);
    deepStrictEqual(found[2], found[0]);
    const [first] = found[0] as readonly { classes: { name: string }[] }[];
    deepStrictEqual(
      first?.classes.map(({ name }) => name).toSorted(),
      classes.toSorted(),
    );
  }));

Deno.test("predict.ts scores a probe's features by the encoder that it was trained on, and no other", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(`${folder}/encoder`);
    const data = await writeSmallIdx(`${folder}/data`, { train: 24, t10k: 20 });
    const run = `${folder}/run`;
    const probed = await runExample(
      ...["linear_probe.ts", encoder] as const,
      ...["--data", data, "--backend", "wasm", "--epochs", "2"],
      ...["--warmup-epochs", "0", "--no-untrained", "--blr", "0.1"],
      ...["--output-dir", run],
    );
    strictEqual(probed.code, 0, probed.stderr);
    const end = await runExample("predict.ts", run, data, ...CPU);
    strictEqual(end.code, 0, end.stderr);
    strictEqual(rowsOf(end.stdout).length, 25);
    await Deno.rename(`${folder}/encoder`, `${folder}/moved`);
    const gone = await runExample("predict.ts", run, data, ...CPU);
    strictEqual(gone.code, 2);
    match(gone.stderr, /if it was moved, say where it is \(--encoder\)/);
    const moved = encoder.replace("/encoder/", "/moved/");
    const again = await runExample(
      ...["predict.ts", run, data, "--encoder", moved, ...CPU] as const,
    );
    strictEqual(again.stdout, end.stdout);
  }));
