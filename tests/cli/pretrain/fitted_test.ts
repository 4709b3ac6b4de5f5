import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { recipeRate, RECIPES } from "../../../core/mod.ts";
import type { PretrainValues } from "../../../cli/pretrain/pretrain_flags.ts";
import { pretrainSettings } from "../../../cli/pretrain/pretrain_settings.ts";
import { endOf } from "../command/end_of.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { pretrain } from "./program.ts";

/** So many pictures of a colour in one folder. */
async function pictures(
  folder: string,
  count: number,
  side = 32,
): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const background = { r: 5 * i % 256, g: 90, b: 10 };
    const create = { width: side, height: side, channels: 3, background };
    const image = sharp({ create: { ...create, channels: 3 } });
    const bytes = new Uint8Array(await image.png().toBuffer());
    await Deno.writeFile(join(folder, `${i}.png`), bytes);
  }
  return folder;
}

const ALL_STATED: PretrainValues = {
  ...{ "model": "nano", "epochs": 3, "batch-size": 4 },
};

const configOf = async (run: string) =>
  JSON.parse(await Deno.readTextFile(join(run, "config.json")));

Deno.test("pretrainSettings() follows the model on own pictures: a small one gets a small one's rate and a batch of one part", () =>
  inFolder(async (folder) => {
    const data = await pictures(folder, 8);
    const { config, fit } = await pretrainSettings({ ...ALL_STATED, data });
    const { model, rate, training } = config;
    strictEqual(rate.baseRate, recipeRate(model, 4));
    deepStrictEqual([training.epochs, training.accumIter], [3, 1]);
    strictEqual(fit?.reasons.length, "as stated");
    const stated = { ...ALL_STATED, data, blr: 0.032, "warmup-epochs": 1 };
    const { config: kept } = await pretrainSettings(stated);
    strictEqual(kept.rate.baseRate, 0.032 * 4 / 256);
    strictEqual(kept.training.warmupEpochs, 1);
  }));

Deno.test("pretrainSettings() by --recipe takes a recipe as it is, and small ones at the rate of the model", async () => {
  const paper = await pretrainSettings({ recipe: "paper" });
  deepStrictEqual(paper.config, RECIPES.paper);
  strictEqual(paper.fit, null);
  const small = await pretrainSettings({ recipe: "small" });
  deepStrictEqual(small.config, RECIPES.small);
  deepStrictEqual((await pretrainSettings({})).config, RECIPES.small);
  const { config } = await pretrainSettings({ model: "vit-b" });
  strictEqual(config.rate.baseRate, recipeRate(config.model, 32));
});

Deno.test("pretrainSettings() refuses a time beside what has lengths of its own", async () => {
  const refused = async (values: PretrainValues) =>
    (await endOf(() => pretrainSettings({ minutes: 5, ...values }))).message;
  match(
    await refused({ recipe: "paper" }),
    /--minutes: found 5, wanted no --recipe paper/,
  );
  match(
    await refused({ config: "a" }),
    /--minutes: found 5, wanted no --config/,
  );
  match(
    await refused({ resume: "a" }),
    /--minutes: found 5, wanted no --resume DIR/,
  );
});

Deno.test("pretrain --minutes says what it chose and what changes it, ends in time, and goes on as it began", () =>
  inFolder(async (folder) => {
    const data = await pictures(join(folder, "data"), 6, 16);
    const run = join(folder, "run");
    const flags = [
      ...["--data", data, "--backend", "wasm", "--output-dir", run],
      ...["--resume", "auto", "--judge", "never"],
    ];
    // Eight times what the smallest run takes of a core: a busy machine has to manage it.
    const end = await pretrain(...flags, "--minutes", "0.1");
    strictEqual(end.code, 0, end.stderr);
    match(end.stdout, /^model: .*\(--model, --image-size, --patch-size\)$/m);
    match(end.stdout, /^batch: .*\(--batch-size, --accum-iter, --lr\)$/m);
    match(end.stdout, /^length: .*\(--minutes, --epochs, --warmup-epochs\)$/m);
    const before = await configOf(run);
    strictEqual(before.training.batchSize * before.training.accumIter, 1);
    const again = await pretrain(...flags, "--minutes", "7");
    strictEqual(again.code, 0, again.stderr);
    match(again.stdout, /as the run began; --minutes/);
    deepStrictEqual(await configOf(run), before);
  }));

Deno.test("pretrain --minutes refuses a time that is too short for one epoch, and says which would do", () =>
  inFolder(async (folder) => {
    const data = await pictures(folder, 12);
    const flags = ["--data", data, "--backend", "cpu", "--dry-run"];
    const { code, stderr } = await pretrain(...flags, "--minutes", "0.00001");
    strictEqual(code, 2);
    match(
      stderr,
      /^--minutes: found 0.00001, wanted about \S+ for one epoch of 12 images/m,
    );
  }));
