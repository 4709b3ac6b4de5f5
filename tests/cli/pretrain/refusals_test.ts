import { match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../../train/temporary_folder.ts";
import { pretrain, pretrainAfter } from "./program.ts";

/** Bad input, and what the program has to say about it. */
const REFUSALS: readonly (readonly [string, RegExp])[] = [
  ["--data nowhere", /Cannot use .*nowhere: found nothing there/],
  ["--data a-file", /a-file: found a text file, wanted a folder/],
  ["--data empty", /empty: found an empty folder, wanted JPEG, PNG, WebP/],
  ["--data texts", /texts: found no image among 2 files/],
  ["--epochs 0", /--epochs: found "0", wanted a whole number of at least 1/],
  ["--t0 1.5", /--t0: found "1\.5", wanted a number in \(0, 1\].*nearest is 1/],
  ["--t0 0", /--t0: found "0"/],
  ["--t0 0.1", /--t0: found 0\.1, wanted more than 0\.32/],
  ["--modle vit-b", /--modle: .*the nearest is --model/],
  ["--model vit-x", /--model: found "vit-x", wanted one of [^;]*$/m],
  ["--model vti-b", /--model: found "vti-b", wanted one of .*nearest is vit-b/],
  ["--batch-size 1e9", /found 8000 .*at least 1000000000 .*--batch-size/],
  ["--limit 5", /found 5 .*at least 32 .*--batch-size × --accum-iter/],
  ["--limit 99999", /--limit: found 99999, wanted .*\[1, 8000\]/],
  ["--image-size 30", /--image-size: found 30, wanted a multiple of 4/],
  ["--lr 1 --blr 1", /--lr: .*either --lr or --blr/],
  ["--config nowhere", /--config: .*nowhere", wanted a file that can be read/],
  ["--config a-file", /--config: .*a-file", wanted a file with JSON in it/],
  ["--resume nowhere", /--resume: .*nowhere.*there is no such folder/],
  ["--resume empty", /--resume: .*empty.*it holds no checkpoint/],
  ["--resume empty --config a-file", /--config: .*no --resume DIR beside it/],
  [
    "--save-every 1 --save-every-steps 9",
    /--save-every-steps: found 9, wanted either this or --save-every/,
  ],
  ["--loss-limit 0.5", /--loss-limit: .*0, or .* at least 1; the nearest is 1/],
  ["--classes nowhere.txt", /--classes: .*nowhere\.txt", .* there is none/],
  ["--classes in-100", /--classes: found "100 names .*some of its 10 classes/],
  ["--save-every-minutes 0", /--save-every-minutes: .*a number above 0/],
  ["--allow-schedule-change", /found true, wanted --resume beside it/],
  ["--output-dir a-file --backend cpu", /Cannot use .*a-file: /],
  ["--output-dir taken --backend cpu", /taken: it already holds a run/],
  [
    "--model vit-b --batch-size 256 --backend wasm",
    /Cannot compute 256 images at once on wasm: a step needs about 1\d\.\d GB, .*\n--batch-size \d+ --accum-iter \d+ makes the same steps and fits/,
  ],
];

/** Flags whose value is a path in the folder of the test. */
const PATH_FLAGS = ["--data", "--config", "--resume", "--output-dir"];

Deno.test("pretrain refuses bad input with exit code 2, what it found and what is wanted", (t) =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "a-file"), "no JSON");
    for (const name of ["empty", "texts", "taken/checkpoints/step-000000000"]) {
      await Deno.mkdir(join(folder, name), { recursive: true });
    }
    for (const name of ["a.txt", "b.csv"]) {
      await Deno.writeTextFile(join(folder, "texts", name), "");
    }
    for (const [flags, says] of REFUSALS) {
      await t.step(flags, async () => {
        const args = flags.split(" ").map((word, i, all) =>
          PATH_FLAGS.includes(all[i - 1] ?? "") ? join(folder, word) : word
        );
        const output = ["--output-dir", join(folder, "run")];
        const { code, stderr } = await pretrain(
          ...args,
          ...args.includes("--output-dir") ? [] : output,
        );
        match(stderr, says);
        strictEqual(code, 2);
      });
    }
  }));

Deno.test("pretrain names all faults at once: of flags, and of a file by file and field", () =>
  inFolder(async (folder) => {
    const flags = await pretrain("--epochs", "0", "--t0", "2", "--seed", "x");
    strictEqual(flags.code, 2);
    match(flags.stderr, /--epochs.*\n--t0.*\n--seed/);
    const path = join(folder, "bad.json");
    const config = { training: { epochs: 0 }, freeze: { t0: 2 }, modle: 1 };
    await Deno.writeTextFile(path, JSON.stringify(config));
    const file = await pretrain("--config", path);
    strictEqual(file.code, 2);
    match(file.stderr, /bad\.json: freeze\.t0: found 2, wanted a number in/);
    match(file.stderr, /bad\.json: training\.epochs: found 0, wanted a whole/);
    match(file.stderr, /bad\.json: modle: .*the nearest is "model"/);
  }));

Deno.test("pretrain ends a bug in one line with exit code 1; DEBUG shows the stack", () =>
  inFolder(async (folder) => {
    const bug = `performance.now = () => { throw new Error("a bug"); };`;
    const args = ["--limit", "64", "--backend", "cpu", "--output-dir"];
    const quiet = await pretrainAfter(folder, bug, ...args, join(folder, "1"));
    strictEqual(quiet.code, 1);
    match(quiet.stderr, /^Cannot go on: a bug\n$/);
    const debug = `Deno.env.set("DEBUG", "1"); ${bug}`;
    const loud = await pretrainAfter(folder, debug, ...args, join(folder, "2"));
    strictEqual(loud.code, 1);
    match(loud.stderr, /^Cannot go on: a bug\nError: a bug\n {4}at /);
  }));
