import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { rootKey } from "../../../core/mod.ts";
import {
  describeInitialEncoder,
  initialOf,
} from "../../../cli/pretrain/initial_encoder.ts";
import {
  PRETRAIN_FLAGS,
  type PretrainValues,
} from "../../../cli/pretrain/pretrain_flags.ts";
import type { Settings } from "../../../cli/runs/settings.ts";
import { encodeSafetensors, orThrow } from "../../../train/mod.ts";
import { readWeights } from "../../../train/weights/read_weights.ts";
import { endOf } from "../command/end_of.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { TINY_MODEL, tinyRun } from "../../train/tiny_run.ts";
import { writeTimmWeights } from "../../train/weights/timm_weights.ts";

const { config, plan } = tinyRun();

/** Only whether there is an earlier run counts. */
const NEW = { earlier: null } as unknown as Settings<unknown>;

const initial = (values: PretrainValues) =>
  initialOf(values, NEW, config, plan);

const refusal = async (values: PretrainValues): Promise<string> =>
  (await endOf(() => initial(values), PRETRAIN_FLAGS)).message;

Deno.test("initialOf() takes --prefix for a file of several encoders and refuses it without --init-from", () =>
  inFolder(async (folder) => {
    const path = `${folder}/weights.safetensors`;
    await writeTimmWeights(path, TINY_MODEL, rootKey(1));
    const { tensors } = orThrow(await readWeights(path));
    const both = ["student.", "teacher."].flatMap((prefix) =>
      [...tensors].map(([name, tensor]) => [prefix + name, tensor] as const)
    );
    await Deno.writeFile(
      path,
      encodeSafetensors({ metadata: {}, tensors: new Map(both) }),
    );
    match(
      await refusal({ "init-from": path }),
      /--init-from: .*--prefix: found nothing, wanted one of "student\.", "teacher\."/,
    );
    const { encoder } =
      (await initial({ "init-from": path, prefix: "teacher." }))!;
    strictEqual(encoder.report.prefix, "teacher.");
    match(await refusal({ prefix: "x" }), /--prefix: .*wanted --init-from/);
    strictEqual(await initial({}), null);
  }));

Deno.test("initialOf() says in two lines that weights are of other sizes", () =>
  inFolder(async (folder) => {
    const path = `${folder}/weights.safetensors`;
    const other = { ...TINY_MODEL, embedDim: 16, depth: 5 };
    const stages = [{ tap: 4, scale: 1, weight: 1 }] as const;
    await writeTimmWeights(path, { ...other, stages }, rootKey(1));
    deepStrictEqual((await refusal({ "init-from": path })).split("\n"), [
      `--init-from: Cannot use checkpoint ${path}: patch_embed.proj.weight: found "float32 [16, 1, 4, 4]", wanted float32 [8, 1, 4, 4]`,
      "blocks: found 5, wanted 4",
    ]);
  }));

Deno.test("describeInitialEncoder() says that the encoder's pixels had other statistics, and nothing where they had the same", () =>
  inFolder(async (folder) => {
    const path = `${folder}/model.safetensors`;
    await writeTimmWeights(path, TINY_MODEL, rootKey(1));
    const said = async (mean: number) => {
      const processor = { "image_mean": [mean], "image_std": [0.25] };
      const file = `${folder}/preprocessor_config.json`;
      await Deno.writeTextFile(file, JSON.stringify(processor));
      const found = (await initial({ "init-from": folder }))!;
      const images = { mean: [0.5], deviation: [0.25] };
      return describeInitialEncoder(found, images);
    };
    ok(!(await said(0.5)).includes("its pixels"));
    match(
      await said(0.25),
      /its pixels had mean 0\.25, deviation 0\.25 \(.*preprocessor_config\.json\); those of this run have mean 0\.5, deviation 0\.25$/m,
    );
  }));
