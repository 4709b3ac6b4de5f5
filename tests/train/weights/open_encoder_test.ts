// deno-lint-ignore-file camelcase -- the names are those of formats
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
} from "../../../train/mod.ts";
import { readWeights } from "../../../train/weights/read_weights.ts";
import { writeCheckpoint } from "../../../train/checkpoint/write_checkpoint.ts";
import { IMAGENET_NORMALIZATION } from "../../../data/mod.ts";
import { inFolder } from "../temporary_folder.ts";
import { TINY_MODEL, tinyRun } from "../tiny_run.ts";

/** Writes weights with timm's names. */
async function writeWeights(path: string, model: ModelSpec): Promise<void> {
  const values = initialParameters(model, rootKey(1));
  const tensors = new Map<string, StoredTensor>(
    parameterSpecs(model)
      .filter(({ name, owner }) =>
        owner._tag !== "Stage" || name.startsWith("norm.")
      )
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
    match(await refusal(`${folder}/none`), /no such file or folder/);
    match(await refusal(folder), /holds neither a checkpoint nor weights/);
    await Deno.writeTextFile(`${folder}/model.safetensors`, "x");
    match(await refusal(folder), /it is a text file, wanted safetensors/);
    await Deno.writeTextFile(`${folder}/config.json`, "[");
    match(await refusal(folder), /config\.json: it is not JSON/);
    await Deno.writeTextFile(`${folder}/config.json`, "[]");
    match(await refusal(folder), /config\.json: it is no JSON object/);
  }));

/** Writes what a hub has beside weights. */
const writeJson = (path: string, json: unknown): Promise<void> =>
  Deno.writeTextFile(path, JSON.stringify(json));

/** What timm writes beside weights of unusual sizes. */
const TIMM_CONFIG = {
  architecture: "vit_tiny_patch16_224",
  num_classes: 0,
  model_args: {
    img_size: 16,
    patch_size: 4,
    in_chans: 1,
    embed_dim: 8,
    depth: 4,
    num_heads: 2,
    mlp_ratio: 2,
    init_values: null,
  },
  pretrained_cfg: { mean: [0.5, 0.4, 0.3], std: [0.2, 0.2, 0.1] },
};

Deno.test("openEncoder() opens a folder and a file as a hub has them of timm, with heads and statistics of config.json", () =>
  inFolder(async (folder) => {
    const path = `${folder}/model.safetensors`;
    await writeWeights(path, TINY_MODEL);
    const config = `${folder}/config.json`;
    await writeJson(config, TIMM_CONFIG);
    for (const from of [folder, path]) {
      const { model, normalization } = orThrow(await openEncoder(from));
      deepStrictEqual([model.numHeads, model.layerNormEps], [2, 1e-6]);
      deepStrictEqual(normalization, {
        mean: [0.5, 0.4, 0.3],
        deviation: [0.2, 0.2, 0.1],
        from: config,
      });
    }
    const larger = orThrow(await openEncoder(folder, { imageSize: 24 }));
    strictEqual(larger.model.imageSize, 24);
    match(
      await refusal(folder, { numHeads: 4 }),
      /numHeads: found 2, wanted 4/,
    );
  }));

/** Changes of the configuration by which it is of another encoder, and what is said of them. */
const UNLIKE: readonly (readonly [Record<string, unknown>, RegExp])[] = [
  [
    { model_args: { ...TIMM_CONFIG.model_args, embed_dim: 16 } },
    /config\.json: model_args\.embed_dim: found 16, wanted 8, as the weights have it/,
  ],
  [
    { model_args: { img_size: [8, 32] } },
    /img_size: found \[8,32\], wanted a number, or a side of a square/,
  ],
  [
    { model_args: { act_layer: "quick_gelu" } },
    /model_args\.act_layer: found "quick_gelu", wanted an encoder without it/,
  ],
  [{ model_args: { reg_tokens: 4 } }, /model_args\.reg_tokens: found 4/],
  [
    { architecture: "vit_base_patch16_clip_quickgelu_224" },
    /architecture: found "vit_base/,
  ],
  [
    { architecture: "convnext_tiny" },
    /architecture: found "convnext_tiny", wanted a plain Vision Transformer/,
  ],
  [
    { model_type: "dinov2" },
    /model_type: found "dinov2", wanted one of vit, vit_mae/,
  ],
  [
    { model_type: "vit", hidden_act: "quick_gelu" },
    /hidden_act: found "quick_gelu", wanted gelu/,
  ],
  [
    { model_type: "vit", num_attention_heads: 2, num_hidden_layers: 5 },
    /num_hidden_layers: found 5, wanted 4, as the weights/,
  ],
  [
    { pretrained_cfg: { input_size: [3, 16, 36] } },
    /input_size: found \[3,16,36\], wanted square images/,
  ],
  [
    { pretrained_cfg: { mean: [0.5], std: [0] } },
    /pretrained_cfg\.std: found \[0\], wanted one or three numbers of at least/,
  ],
  [
    { pretrained_cfg: { mean: [0.5, 0.5], std: [1] } },
    /pretrained_cfg\.mean: found \[0\.5,0\.5\]/,
  ],
];

for (const [change, said] of UNLIKE) {
  Deno.test(`openEncoder() refuses a configuration with ${JSON.stringify(change)}`, () =>
    inFolder(async (folder) => {
      await writeWeights(`${folder}/model.safetensors`, TINY_MODEL);
      await writeJson(`${folder}/config.json`, { ...TIMM_CONFIG, ...change });
      match(await refusal(folder), said);
    }));
}

Deno.test("openEncoder() takes epsilon, heads and statistics of transformers, whose factor may be another than 1/255", () =>
  inFolder(async (folder) => {
    await writeWeights(`${folder}/model.safetensors`, TINY_MODEL);
    await writeJson(`${folder}/config.json`, {
      model_type: "vit_mae",
      num_attention_heads: 4,
      layer_norm_eps: 1e-12,
      image_size: [16, 16],
      hidden_size: 8,
    });
    const processor = `${folder}/preprocessor_config.json`;
    /** What becomes of level 51 in the first channel. */
    const seen = async (json: Record<string, unknown>) => {
      await writeJson(processor, json);
      const { model, normalization } = orThrow(await openEncoder(folder));
      deepStrictEqual([model.numHeads, model.layerNormEps], [4, 1e-12]);
      strictEqual(normalization?.from, processor);
      const [mean = NaN, deviation = NaN] = [
        normalization?.mean[0],
        normalization?.deviation[0],
      ];
      return (51 / 255 - mean) / deviation;
    };
    const near = (a: number, b: number) => ok(Math.abs(a - b) < 1e-9, `${a}`);
    const statistics = { image_mean: [0.1, 0.2, 0.3], image_std: [0.5, 1, 1] };
    near(await seen(statistics), 0.2);
    near(await seen({ ...statistics, rescale_factor: 1 / 51 }), 1.8);
    near(await seen({ ...statistics, do_rescale: false }), 101.8);
    near(await seen({ ...statistics, do_normalize: false }), 0.2);
    near(await seen({ image_mean: 0.1, image_std: 0.5 }), 0.2);
  }));

Deno.test("openEncoder() reads weights that are divided into files, and refuses an index that leads elsewhere", () =>
  inFolder(async (folder) => {
    const path = `${folder}/model.safetensors`;
    await writeWeights(path, TINY_MODEL);
    const { tensors } = orThrow(await readWeights(path));
    await Deno.remove(path);
    const names = [...tensors.keys()];
    const parts = [names.slice(0, 7), names.slice(7)];
    for (const [i, part] of parts.entries()) {
      const own = new Map(part.map((name) => [name, tensors.get(name)!]));
      await Deno.writeFile(
        `${folder}/part-${i}.safetensors`,
        encodeSafetensors({ metadata: {}, tensors: own }),
      );
    }
    const index = `${folder}/model.safetensors.index.json`;
    const fileOf = (name: string) =>
      `part-${parts[0]!.includes(name) ? 0 : 1}.safetensors`;
    await writeJson(index, {
      weight_map: Object.fromEntries(names.map((name) => [name, fileOf(name)])),
    });
    const opened = orThrow(await openEncoder(folder, { numHeads: 2 }));
    deepStrictEqual(
      opened.parameters.get("norm.0.bias"),
      tensors.get("norm.3.bias")?.data,
    );
    for (const name of ["../part-0.safetensors", "..", "/etc/passwd", 7]) {
      await writeJson(index, { weight_map: { x: name } });
      match(await refusal(folder), /weight_map names .*, no file/);
    }
    await writeJson(index, {});
    match(await refusal(folder), /weight_map names no file/);
  }));

Deno.test("openEncoder() opens the only version in a hub's cache, whose files are links, and asks where there are several", () =>
  inFolder(async (folder) => {
    const version = `${folder}/snapshots/a1b2`;
    await Deno.mkdir(`${folder}/blobs`);
    await Deno.mkdir(version, { recursive: true });
    await writeWeights(`${folder}/blobs/1`, TINY_MODEL);
    await writeJson(`${folder}/blobs/2`, TIMM_CONFIG);
    await Deno.symlink("../../blobs/1", `${version}/model.safetensors`);
    await Deno.symlink("../../blobs/2", `${version}/config.json`);
    strictEqual(orThrow(await openEncoder(folder)).model.numHeads, 2);
    await Deno.mkdir(`${folder}/snapshots/c3d4`);
    match(await refusal(folder), /holds 2 versions, name one/);
  }));

Deno.test("openEncoder() of a file with 30,000 encoders asks which, without a look into each", () =>
  inFolder(async (folder) => {
    const path = `${folder}/weights.safetensors`;
    const empty = { shape: [0], data: new Float32Array() };
    const tensors = new Map(
      Array.from(
        { length: 30_000 },
        (_, i) => [`m${i}.patch_embed.proj.weight`, empty] as const,
      ),
    );
    await Deno.writeFile(path, encodeSafetensors({ metadata: {}, tensors }));
    match(await refusal(path), /wanted one of "m0\."/);
  }));

Deno.test("openEncoder() opens the only file of weights in a folder, and asks where there are several", () =>
  inFolder(async (folder) => {
    await writeWeights(`${folder}/a.safetensors`, TINY_MODEL);
    await Deno.writeTextFile(`${folder}/notes.txt`, "x");
    orThrow(await openEncoder(folder, { numHeads: 2 }));
    await writeWeights(`${folder}/b.safetensors`, TINY_MODEL);
    match(
      await refusal(folder),
      /several files of weights, name one: a\.safetensors, b\.safetensors/,
    );
  }));

Deno.test("openEncoder() takes that of several encoders which the wanted model fits, reads no other, and asks where two do", () =>
  inFolder(async (folder) => {
    const path = `${folder}/weights.safetensors`;
    const wide = { ...TINY_MODEL, embedDim: 16, numHeads: 2 };
    await writeWeights(path, wide);
    const large = orThrow(await readWeights(path)).tensors;
    await writeWeights(path, TINY_MODEL);
    const small = orThrow(await readWeights(path)).tensors;
    const under = (
      prefix: string,
      tensors: ReadonlyMap<string, StoredTensor>,
    ) => [...tensors].map(([name, tensor]) => [prefix + name, tensor] as const);
    const write = (second: ReadonlyMap<string, StoredTensor>) =>
      Deno.writeFile(
        path,
        encodeSafetensors({
          metadata: {},
          tensors: new Map([
            ...under("student.", small),
            ...under("teacher.", second),
          ]),
        }),
      );
    await write(large);
    const { report } = orThrow(await openEncoder(path, { model: TINY_MODEL }));
    strictEqual(report.prefix, "student.");
    ok(report.leftOver.includes("teacher.cls_token"));
    match(await refusal(path), /one of "student\.", "teacher\."/);
    await write(small);
    match(
      await refusal(path, { model: TINY_MODEL }),
      /one of "student\.", "teacher\.", for there are several/,
    );
    const teacher = orThrow(
      await openEncoder(path, { numHeads: 2, prefix: "teacher" }),
    );
    strictEqual(teacher.report.prefix, "teacher.");
  }));

Deno.test("openEncoder() says that a file holds objects in place of tensors, by what would make them", () =>
  inFolder(async (folder) => {
    const golden = new URL("../../golden/torch/", import.meta.url);
    await Deno.copyFile(new URL("command.pth", golden), `${folder}/w.pth`);
    match(
      await refusal(`${folder}/w.pth`),
      /weights: found \["model: posix\.system"\], wanted tensors/,
    );
  }));

Deno.test("openEncoder() takes the statistics of a run from what the run remembers of its images", () =>
  inFolder(async (folder) => {
    const run = tinyRun();
    const start = initialSnapshot(run.config, run.plan);
    const checkpoints = `${folder}/checkpoints`;
    const path = orThrow(await writeCheckpoint(checkpoints, run, start));
    strictEqual(orThrow(await openEncoder(path)).normalization, null);
    const normalization = { mean: [0.25], deviation: [0.5] };
    await writeJson(`${folder}/images.json`, { normalization });
    for (const from of [path, `${path}/model.safetensors`]) {
      deepStrictEqual(orThrow(await openEncoder(from)).normalization, {
        ...normalization,
        from: `${folder}/images.json`,
      });
    }
  }));
