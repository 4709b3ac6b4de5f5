import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { MODEL_PRESETS, planOf } from "../../../core/mod.ts";
import { checkFolder } from "../../../cli/runs/open_folder.ts";
import type { PretrainValues } from "../../../cli/pretrain/pretrain_flags.ts";
import { pretrainSettings } from "../../../cli/pretrain/pretrain_settings.ts";
import type { Settings } from "../../../cli/runs/settings.ts";
import { pretrainTask, writeImagesFile } from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { endOf } from "../command/end_of.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { newRunFolder, trained } from "../../train/tiny_run.ts";

/** Flags of a run that begins. */
const FLAGS: PretrainValues = {
  "model": "nano",
  "image-size": 16,
  "epochs": 3,
  "warmup-epochs": 1,
  "batch-size": 4,
  "blr": 0.02,
  "lr-mode": "uniform",
};

/** A run as the program with these flags leaves it, on images of three channels. */
async function begun(path: string): Promise<void> {
  const { config } = await pretrainSettings(FLAGS);
  const model = { ...config.model, inChannels: 3 };
  const run = { ...config, model };
  const plan = right(planOf(run, 40));
  using folder = trained(
    await newRunFolder(path, {
      ...pretrainTask({ config: run, plan }),
      config: run,
      plan,
    }, 2),
  );
  const images = {
    data: null,
    limit: 40,
    classes: null,
    valShare: null,
    heldOut: "by class",
    background: "none",
    found: "40 images",
    names: "digest",
  } as const;
  trained(await writeImagesFile(path, images));
  trained(await folder.checkpoint(folder.start));
}

const auto = (folder: string, values: PretrainValues = FLAGS) =>
  pretrainSettings({ ...values, "output-dir": folder, "resume": "auto" });

Deno.test("settingsFrom() by auto begins a run where there is none, also where one died before its first checkpoint", () =>
  inFolder(async (parent) => {
    for (const name of ["missing", "empty"]) {
      const folder = join(parent, name);
      if (name === "empty") {
        await Deno.mkdir(join(folder, "checkpoints/step-000000000.partial"), {
          recursive: true,
        });
        await Deno.writeTextFile(join(folder, "metrics.jsonl"), "");
      }
      const { earlier, outputDir } = await auto(folder);
      deepStrictEqual([earlier, outputDir], [null, folder]);
    }
  }));

Deno.test("settingsFrom() by auto and the flags of the beginning goes on with the very same run", () =>
  inFolder(async (folder) => {
    await begun(folder);
    const plain = await pretrainSettings({
      "resume": folder,
      "backend": "cpu",
    });
    const again = await auto(folder);
    deepStrictEqual(again.config, plain.config);
    strictEqual(MODEL_PRESETS.nano.inChannels, 1);
    strictEqual(again.config.model.inChannels, 3, "not the preset's");
    deepStrictEqual(again.earlier?.from, folder);
    strictEqual(again.limit, 40);
  }));

Deno.test("settingsFrom() by auto takes --config as at the beginning; by a folder it refuses it", () =>
  inFolder(async (folder) => {
    await begun(folder);
    const config = join(folder, "config.json");
    const again = await auto(folder, { "config": config });
    strictEqual(again.config.training.epochs, 3);
    const { message } = await endOf(() =>
      pretrainSettings({ "resume": folder, "config": config })
    );
    match(message, /no --resume DIR beside it/);
  }));

Deno.test("settingsFrom() refuses the run of another task", () =>
  inFolder(async (folder) => {
    await begun(folder);
    const file = join(folder, "task.json");
    await Deno.writeTextFile(file, `{ "version": 3, "task": "finetune" }`);
    const { message } = await endOf(() => pretrainSettings({ resume: folder }));
    match(
      message,
      /--resume: found .*, wanted a run of pretrain, not finetune/,
    );
  }));

Deno.test("checkFolder() lets a run go on in its own folder, a new one begin in an empty one, and neither in that of another", () =>
  inFolder(async (parent) => {
    const [own, other] = [join(parent, "own"), join(parent, "other")];
    await begun(own);
    await begun(other);
    const { earlier } = await pretrainSettings({ "resume": own });
    const verdict = async (
      outputDir: string,
      settings: Pick<Settings<unknown>, "earlier">,
    ): Promise<string> => {
      const asked = { ...settings, outputDir };
      return await endOf(() => checkFolder(asked).then(() => "free"))
        .then(({ message }) => message);
    };
    strictEqual(await verdict(own, { earlier }), "free");
    strictEqual(await verdict(join(parent, "new"), { earlier }), "free");
    strictEqual(await verdict(parent, { earlier: null }), "free");
    match(await verdict(other, { earlier }), /already holds a run/);
    match(await verdict(own, { earlier: null }), /already holds a run/);
  }));
