import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  decodePretrainConfig,
  initialParameters,
  MODEL_PRESETS,
  planOf,
  rootKey,
} from "../../../core/mod.ts";
import { initialSnapshot, openEncoder, orThrow } from "../../../train/mod.ts";
import { readWeights } from "../../../train/weights/read_weights.ts";
import { right } from "../../right.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { writeTimmWeights } from "../../train/weights/timm_weights.ts";
import { pretrain, writeSmallIdx } from "./program.ts";

const SHORT = ["--epochs", "1", "--warmup-epochs", "0", "--batch-size", "8"];

Deno.test("pretrain.ts --init-from starts from weights with timm's names, says what it used and left, and goes on from its own checkpoint", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(`${folder}/data`, { train: 8, t10k: 4 });
    const weights = `${folder}/weights.safetensors`;
    const model = { ...MODEL_PRESETS.nano, imageSize: 32 };
    await writeTimmWeights(weights, model, rootKey(5), {
      "head.weight": [10, 64],
      "head.bias": [10],
    });
    const run = `${folder}/run`;
    // Nothing learns, so that the checkpoint shows what the run began with.
    const args = [...SHORT, "--data", data, "--backend", "cpu", "--lr", "0"];
    const first = [...args, "--output-dir", run, "--init-from", weights];
    const end = await pretrain(...first);
    strictEqual(end.code, 0, end.stderr);
    match(end.stdout, /^start: .*weights\.safetensors: 78 tensors used$/m);
    match(end.stdout, /not in it, as untrained: norm\.0\.weight, .* 2 more$/m);
    match(end.stdout, /of no use here: head\.weight, head\.bias$/m);

    const report = JSON.parse(await Deno.readTextFile(`${run}/init.json`));
    deepStrictEqual(report.leftOver, ["head.weight", "head.bias"]);
    deepStrictEqual([report.from, report.positions.grid], [weights, 8]);

    const values = initialParameters(model, rootKey(5));
    const { path, parameters } = orThrow(await openEncoder(run));
    const all = orThrow(await readWeights(path)).tensors;
    for (const name of report.used as string[]) {
      if (name === "pos_embed") continue;
      const own = name.startsWith("norm.") ? `norm.3.${name.slice(5)}` : name;
      deepStrictEqual(parameters.get(own), values.get(own), own);
    }
    const config = right(
      decodePretrainConfig(
        JSON.parse(await Deno.readTextFile(`${run}/config.json`)),
      ),
    );
    const drawn = initialSnapshot(config, right(planOf(config, 8)));
    for (const name of ["decoder.0.mask_token", "norm.0.weight"]) {
      deepStrictEqual(all.get(name)?.data, drawn.parameters.get(name), name);
    }

    const both = await pretrain("--resume", run, "--init-from", weights);
    strictEqual(both.code, 2);
    match(both.stderr, /--init-from: .*wanted no --resume beside it/);
    const unlike = await pretrain(
      ...args,
      ...[
        "--output-dir",
        `${folder}/other`,
        "--image-size",
        "32",
        "--patch-size",
        "8",
      ],
      ...["--init-from", weights],
    );
    strictEqual(unlike.code, 2);
    match(unlike.stderr, /--init-from: .*patch_embed\.proj\.weight/s);
  }));
