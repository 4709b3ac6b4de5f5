import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  gridSize,
  initialParameters,
  MODEL_PRESETS,
  type ModelSpec,
  parameterSpecs,
  rootKey,
  sinCosPositions,
} from "../../../core/mod.ts";
import {
  describeTrainError,
  encoderParameters,
  encodeSafetensors,
  exportEncoder,
  initialSnapshot,
  openEncoder,
  type OpenEncoderOptions,
  orThrow,
  type StoredTensor,
  writeCheckpoint,
} from "../../../train/mod.ts";
import { IMAGENET_NORMALIZATION } from "../../../data/mod.ts";
import { inFolder } from "../temporary_folder.ts";
import { TINY_MODEL, tinyRun } from "../tiny_run.ts";

/** Writes weights with timm's names. */
async function writeWeights(path: string, model: ModelSpec): Promise<void> {
  const values = initialParameters(model, rootKey(1));
  const tensors = new Map<string, StoredTensor>(
    parameterSpecs(model)
      .filter(({ owner }) => owner._tag !== "Stage")
      .map(({ name, shape }) => [name, { shape, data: values.get(name)! }]),
  );
  const grid = gridSize(model);
  tensors.set("pos_embed", {
    shape: [1, 1 + grid ** 2, model.embedDim],
    data: Float32Array.from(sinCosPositions(model.embedDim, grid)),
  });
  await Deno.writeFile(path, encodeSafetensors({ metadata: {}, tensors }));
}

const refusal = async (path: string, options?: OpenEncoderOptions) => {
  const opened = await openEncoder(path, options);
  return opened._tag === "Left" ? describeTrainError(opened.left) : "accepted";
};

Deno.test("openEncoder() opens a run's checkpoint with its model and says how far it is", () =>
  inFolder(async (folder) => {
    const run = tinyRun();
    const start = initialSnapshot(run.config, run.plan);
    const path = orThrow(await writeCheckpoint(folder, run, start));
    const opened = orThrow(await openEncoder(path));
    deepStrictEqual(opened.model, TINY_MODEL);
    deepStrictEqual(opened.steps, [0, run.plan.totalSteps]);
    deepStrictEqual(opened.report.missing, []);
    for (const { name } of encoderParameters(TINY_MODEL)) {
      deepStrictEqual(opened.parameters.get(name), start.parameters.get(name));
    }
    const larger = orThrow(await openEncoder(path, { imageSize: 24 }));
    strictEqual(larger.model.imageSize, 24);
    strictEqual(larger.parameters.get("pos_embed")?.length, 37 * 8);
    match(
      await refusal(path, { imageSize: 15 }),
      /imageSize: found 15, wanted a multiple of 4/,
    );
  }));

Deno.test("openEncoder() opens what exportEncoder() wrote", () =>
  inFolder(async (folder) => {
    const parameters = initialParameters(TINY_MODEL, rootKey(2));
    const out = `${folder}/out`;
    orThrow(
      await exportEncoder(out, {
        model: TINY_MODEL,
        parameters,
        normalization: IMAGENET_NORMALIZATION,
        resizeSize: 16,
        title: "x",
        history: [],
      }),
    );
    const { model, steps, parameters: read } = orThrow(await openEncoder(out));
    const { stages: _, ...sizes } = {
      ...MODEL_PRESETS.nano,
      imageSize: 16,
      patchSize: 4,
      inChannels: 1,
      embedDim: 8,
      depth: 4,
      numHeads: 2,
      mlpRatio: 2,
    };
    const { stages, ...found } = model;
    deepStrictEqual([found, steps], [sizes, null]);
    deepStrictEqual(stages.map(({ tap }) => tap), [3]);
    deepStrictEqual(read.get("norm.0.bias"), parameters.get("norm.3.bias"));
  }));

Deno.test("openEncoder() reads the sizes of an encoder off its weights, and asks for the heads of an unusual one", () =>
  inFolder(async (folder) => {
    const path = `${folder}/weights.safetensors`;
    await writeWeights(path, TINY_MODEL);
    match(
      await refusal(path),
      /numHeads: found nothing, wanted the heads of a model of width 8 and depth 4/,
    );
    const { model } = orThrow(await openEncoder(path, { numHeads: 2 }));
    const sizes = [
      model.imageSize,
      model.patchSize,
      model.inChannels,
      model.embedDim,
      model.depth,
      model.mlpRatio,
    ];
    deepStrictEqual(sizes, [16, 4, 1, 8, 4, 2]);
    await writeWeights(path, {
      ...TINY_MODEL,
      embedDim: 192,
      depth: 12,
      numHeads: 3,
    });
    strictEqual(orThrow(await openEncoder(path)).model.numHeads, 3);
  }));

Deno.test("openEncoder() says what a path lacks", () =>
  inFolder(async (folder) => {
    match(await refusal(`${folder}/none`), /ENOENT/);
    match(await refusal(folder), /holds no checkpoint/);
    await Deno.writeTextFile(`${folder}/model.safetensors`, "x");
    match(await refusal(folder), /config\.json/);
    await Deno.writeTextFile(`${folder}/config.json`, "{}");
    match(
      await refusal(folder),
      /config\.json: hidden_size: found nothing, wanted a number\nimage_size: /,
    );
    await Deno.writeTextFile(`${folder}/config.json`, "[");
    ok((await refusal(folder)).includes("not JSON"));
  }));
