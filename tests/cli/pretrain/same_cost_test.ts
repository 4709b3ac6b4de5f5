import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { planOf, RECIPES } from "../../../core/mod.ts";
import { runFlops, unfrozenRunFlops } from "../../../core/plan/cost/cost.ts";
import type { PretrainValues } from "../../../cli/pretrain/pretrain_flags.ts";
import { pretrainSettings } from "../../../cli/pretrain/pretrain_settings.ts";
import { sameCostWords } from "../../../cli/output/words.ts";
import { pretrainTask, writeImagesFile } from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { endOf } from "../command/end_of.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { newRunFolder, trained } from "../../train/tiny_run.ts";

const LIMIT = 64;

const FLAGS: PretrainValues = {
  "limit": LIMIT,
  "epochs": 20,
  "t0": 0.6,
  "same-cost-as-unfrozen": true,
};

/** Flags that change what is saved, and with it the epochs. */
const WAYS: readonly PretrainValues[] = [
  {},
  { "objective": "mae" },
  { "t0": 0.3, "freeze-times": [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1] },
  {
    "stage-weights": [
      { time: 0, weights: [1, 1, 1, 1] },
      { time: 0.3, weights: [0, 1, 1, 1] },
    ],
  },
];

Deno.test("pretrainSettings() with --same-cost-as-unfrozen has the most epochs that cost no more, for every objective, list and curriculum", async () => {
  for (const way of WAYS) {
    const { config, unfrozenEpochs } = await pretrainSettings({
      ...FLAGS,
      ...way,
    });
    strictEqual(unfrozenEpochs, 20);
    const planFor = (epochs: number) => {
      const training = { ...config.training, epochs };
      return right(planOf({ ...config, training }, LIMIT));
    };
    const budget = unfrozenRunFlops(planFor(20));
    const { epochs } = config.training;
    ok(epochs > 20, `${epochs}`);
    ok(runFlops(planFor(epochs)) <= budget);
    ok(runFlops(planFor(epochs + 1)) > budget);
    strictEqual(
      config.training.warmupEpochs,
      RECIPES.small.training.warmupEpochs,
    );
  }
});

Deno.test("pretrainSettings() with --same-cost-as-unfrozen keeps the epochs where nothing freezes", async () => {
  const { config, unfrozenEpochs } = await pretrainSettings({
    ...FLAGS,
    t0: 1,
  });
  deepStrictEqual([config.training.epochs, unfrozenEpochs], [20, 20]);
  strictEqual(sameCostWords(8, 8, 0), "8 epochs stay: nothing is saved");
  match(
    sameCostWords(8, 8, 0.05),
    /^8 epochs stay: freezing saves 5.0 %, which is less/,
  );
  strictEqual(
    sameCostWords(20, 23, 0.13),
    "20 epochs → 23: the cost of 20 without freezing",
  );
});

/** A run as the program with these flags leaves it. */
async function begun(path: string, values: PretrainValues): Promise<void> {
  const { config } = await pretrainSettings(values);
  const plan = right(planOf(config, LIMIT));
  const task = pretrainTask({ config, plan });
  using folder = trained(
    await newRunFolder(path, { ...task, config, plan }, 2),
  );
  trained(
    await writeImagesFile(path, {
      ...{ data: null, limit: LIMIT, classes: null, valShare: null },
      ...{ heldOut: "by class", background: "mean" },
      ...{ found: "64 images", names: "digest" },
    }),
  );
  trained(await folder.checkpoint(folder.start));
}

Deno.test("pretrainSettings() by auto finds the run of the same command with --same-cost-as-unfrozen, and no other", () =>
  inFolder(async (folder) => {
    const { epochs: _, ...unstated } = FLAGS;
    for (const values of [FLAGS, unstated]) {
      const { epochs } = values as PretrainValues;
      const path = `${folder}/${epochs}`;
      await begun(path, values);
      const auto = { "output-dir": path, "resume": "auto" } as const;
      const first = await pretrainSettings(values);
      const again = await pretrainSettings({ ...values, ...auto });
      strictEqual(again.earlier?.from, path);
      deepStrictEqual(again.config, first.config);
      strictEqual(
        again.unfrozenEpochs,
        epochs ?? RECIPES.small.training.epochs,
      );
      const file = join(folder, "own.json");
      const own = {
        ...first.config,
        training: { ...first.config.training, epochs: again.unfrozenEpochs },
      };
      await Deno.writeTextFile(file, JSON.stringify(own));
      const { epochs: __, t0: ___, ...plain } = values as PretrainValues;
      const filed = await pretrainSettings({ ...plain, ...auto, config: file });
      deepStrictEqual(filed.config, first.config);
      const other = await pretrainSettings({ ...values, ...auto, epochs: 21 });
      ok(other.config.training.epochs !== first.config.training.epochs);
    }
  }));

Deno.test("pretrainSettings() refuses --same-cost-as-unfrozen where the epochs of the unfrozen run are not known", async () => {
  const same = { "same-cost-as-unfrozen": true } as const;
  const refused = async (values: PretrainValues) =>
    (await endOf(() => pretrainSettings({ ...same, ...values }))).message;
  match(await refused({ minutes: 3 }), /wanted no --minutes beside it/);
  match(await refused({ data: "photos" }), /wanted --epochs beside it/);
  match(await refused({ resume: "runs/1" }), /wanted --epochs beside it/);
});
