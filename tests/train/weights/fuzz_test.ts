/**
 * Readers of weights against files that are damaged or made to deceive.
 *
 * @module
 */
import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { IMAGENET_NORMALIZATION } from "../../../data/mod.ts";
import {
  describeTrainError,
  encoderParameters,
  encodeSafetensors,
  exportEncoder,
  initialSnapshot,
  openEncoder,
  orThrow,
  type StoredTensor,
} from "../../../train/mod.ts";
import { readBytes } from "../../../train/files/byte_reading.ts";
import { torchReading } from "../../../train/weights/torch/torch_file.ts";
import { damaged } from "../../fuzz/damage.ts";
import { hostileJson } from "../../fuzz/hostile_json.ts";
import { fuzzParameters } from "../../fuzz/parameters.ts";
import { checkReason, watched } from "../../fuzz/watch.ts";
import { inFolder } from "../temporary_folder.ts";
import { TINY_MODEL, tinyRun } from "../tiny_run.ts";

const GOLDEN = new URL("../../golden/torch/", import.meta.url);

Deno.test("torchReading() of damaged files gives whole tensors or one reason, and asks for little memory", async () => {
  const names =
    "kinds nested command legacy trainer module odd_kinds legacy_trainer";
  const files = names.split(" ")
    .map((name) => Deno.readFileSync(new URL(`${name}.pth`, GOLDEN)));
  await fc.assert(
    fc.asyncProperty(fc.oneof(...files.map(damaged)), async (bytes) => {
      const tensors = await watched(
        8 * bytes.length + 1000,
        () => readBytes(bytes, torchReading),
      );
      if (tensors._tag === "Left") return checkReason(tensors.left);
      for (const { shape, data } of tensors.right.tensors.values()) {
        strictEqual(data.length, shape.reduce((a, b) => a * b, 1));
      }
    }),
    fuzzParameters(2000),
  );
});

/** Opens what lies at a path; beside the bytes of a file, a table of 256 × 256 positions is the most that it may make. */
async function checkEncoder(path: string): Promise<void> {
  const { isFile, size } = await Deno.stat(path);
  const most = 8e6 + (isFile ? size : 0);
  const opened = await watched(most, () => openEncoder(path));
  if (opened._tag === "Left") {
    return checkReason(describeTrainError(opened.left));
  }
  const { model, parameters } = opened.right;
  for (const { name, shape } of encoderParameters(model)) {
    const numbers = parameters.get(name);
    strictEqual(numbers?.length, shape.reduce((a, b) => a * b, 1), name);
    ok(numbers.every(Number.isFinite));
  }
}

/** Writes an encoder as a folder and gives the content of its files. */
async function exported(folder: string) {
  const { config, plan } = tinyRun();
  const { parameters } = initialSnapshot(config, plan);
  orThrow(
    await exportEncoder(folder, {
      model: TINY_MODEL,
      parameters,
      normalization: IMAGENET_NORMALIZATION,
      resizeSize: 16,
      title: "Tiny",
      history: [],
    }),
  );
  const [config_, weights] = await Promise.all(
    ["config.json", "model.safetensors"].map((name) =>
      Deno.readFile(join(folder, name))
    ),
  );
  return {
    config: JSON.parse(new TextDecoder().decode(config_)),
    weights: weights!,
  };
}

Deno.test("openEncoder() of hostile configurations and damaged weights gives a whole encoder or one reason", async () => {
  await inFolder(async (folder) => {
    const { config, weights } = await exported(folder);
    const sizes = Object.fromEntries(
      Object.entries(config).filter(([, value]) => typeof value === "number"),
    );
    const cases = fc.oneof(
      fc.tuple(hostileJson(sizes), fc.constant(weights)),
      fc.tuple(fc.constant(config), damaged(weights)),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([json, bytes]) => {
        await Deno.writeTextFile(
          join(folder, "config.json"),
          JSON.stringify(json),
        );
        await Deno.writeFile(join(folder, "model.safetensors"), bytes);
        await checkEncoder(folder);
      }),
      fuzzParameters(800),
    );
  });
});

/** Tensors of an encoder that claims what it likes, all without a number. */
const empty = (...shape: readonly number[]): StoredTensor => ({
  shape,
  data: new Float32Array(),
});

Deno.test("openEncoder() takes no size from a tensor without numbers for a reason to ask for memory", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.safetensors");
    for (const [rows, width] of [[1e12, 768], [1 + 64 ** 2, 2 ** 40], [1, 4]]) {
      const tensors = new Map([
        ["patch_embed.proj.weight", empty(width!, 0, 16, 16)],
        ["pos_embed", empty(1, rows!, 0)],
        ["blocks.0.mlp.fc1.weight", empty(4 * width!, 0)],
        ["blocks.999999999999.attn.proj.weight", empty(0)],
        ["blocks.11.norm1.weight", empty(0)],
      ]);
      await Deno.writeFile(path, encodeSafetensors({ metadata: {}, tensors }));
      await checkEncoder(path);
    }
  }));

Deno.test("openEncoder() of a file with 200,000 blocks refuses it in words", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.safetensors");
    const names = Array.from({ length: 2e5 }, (_, i) => `blocks.${i}.x`);
    const tensors = new Map([
      ["patch_embed.proj.weight", empty(192, 0, 16, 16)],
      ...names.map((name) => [name, empty(0)] as const),
    ]);
    await Deno.writeFile(path, encodeSafetensors({ metadata: {}, tensors }));
    await checkEncoder(path);
  }));
