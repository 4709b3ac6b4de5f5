import { deepStrictEqual, match, ok } from "node:assert/strict";
import { rootKey } from "../../../core/mod.ts";
import { FASHION_MNIST_NORMALIZATION } from "../../../data/image/normalization.ts";
import {
  type EvaluationValues,
  openEvaluation,
} from "../../../cli/evaluate/open_evaluation.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { TINY_MODEL } from "../../train/tiny_run.ts";
import { writeTimmWeights } from "../../train/weights/timm_weights.ts";

const FLAGS: EvaluationValues = { heads: 2, limit: 20, backend: "cpu" };

/** What an evaluation of an encoder normalises with, and what it says of it. */
async function normalized(folder: string, flags: EvaluationValues) {
  const lines: string[] = [];
  const opened = await openEvaluation(
    folder,
    flags,
    (line) => lines.push(line),
    null,
  );
  opened.backend.dispose();
  const { train, validation } = opened;
  deepStrictEqual(train.normalization, validation.normalization);
  const said = lines.find((line) => line.startsWith("pixels: ")) ?? "";
  return { ...train.normalization, said };
}

Deno.test("openEvaluation() normalises images as the encoder's files say, as flags say, else as the images are, and says which", () =>
  inFolder(async (folder) => {
    const path = `${folder}/model.safetensors`;
    await writeTimmWeights(path, TINY_MODEL, rootKey(1));
    const own = await normalized(folder, FLAGS);
    deepStrictEqual(own.mean, FASHION_MNIST_NORMALIZATION.mean);
    match(own.said, /the images' own, for nothing says the encoder's/);
    await Deno.writeTextFile(
      `${folder}/preprocessor_config.json`,
      JSON.stringify({ "image_mean": [0.5], "image_std": [0.25] }),
    );
    for (const from of [folder, path]) {
      const { mean, deviation, said } = await normalized(from, FLAGS);
      deepStrictEqual([mean, deviation], [[0.5], [0.25]]);
      ok(said.includes(`as ${folder}/preprocessor_config.json says`));
    }
    const flags = { ...FLAGS, mean: [0.1], std: [0.2] };
    const told = await normalized(folder, flags);
    deepStrictEqual([told.mean, told.deviation], [[0.1], [0.2]]);
    match(told.said, /as --mean and --std say/);
  }));
