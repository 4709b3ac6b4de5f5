/**
 * What the program refuses.
 *
 * @module
 */
import { match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../../train/temporary_folder.ts";
import { pretrain } from "./program.ts";

/** Bad input, and what the program has to say about it. */
export const REFUSALS: readonly (readonly [string, RegExp])[] = [
  ["--data nowhere", /Cannot use .*nowhere: found nothing there/],
  ["--data a-file", /a-file: found a text file, wanted a folder/],
  ["--data empty", /empty: found an empty folder, wanted JPEG, PNG, WebP/],
  ["--data texts", /texts: found no image among 2 files/],
  ["--epochs 0", /--epochs: found "0", wanted a whole number of at least 1/],
  ["--t0 1.5", /--t0: found "1\.5", wanted a number in \(0, 1\].*nearest is 1/],
  ["--t0 0", /--t0: found "0"/],
  ["--t0 0.1", /--t0: found 0\.1, wanted at least 0\.32/],
  ["--modle vit-b", /--modle: .*the nearest is --model/],
  [
    "--model vit-x",
    /--model: found "vit-x", wanted a size that has a preset .*, or one of [^;]*$/m,
  ],
  ["--model resnet50", /--model: found "resnet50", wanted one of .*timm/],
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

/** Gives bad input to the program, each as a step of a test. */
export const refuses = (
  t: Deno.TestContext,
  refusals: typeof REFUSALS,
): Promise<void> =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "a-file"), "no JSON");
    for (const name of ["empty", "texts", "taken/checkpoints/step-000000000"]) {
      await Deno.mkdir(join(folder, name), { recursive: true });
    }
    for (const name of ["a.txt", "b.csv"]) {
      await Deno.writeTextFile(join(folder, "texts", name), "");
    }
    for (const [flags, says] of refusals) {
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
  });
