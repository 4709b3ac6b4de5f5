import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { Backend } from "../../../backends/mod.ts";
import { badImages } from "../../../data/mod.ts";
import {
  type EvaluationFeatures,
  evaluationFeatures,
  type FeatureInputs,
} from "../../../cli/pretrain/evaluation_features.ts";
import {
  encoderFeatures,
  initialSnapshot,
  type LabelledFeatures,
  neighbourFeature,
  orThrow,
  uploadEncoder,
} from "../../../train/mod.ts";
import { evalTransform, loadAll } from "../../../data/mod.ts";
import { right } from "../../right.ts";
import { noiseSource } from "../../data/sources.ts";
import { interruptedAt } from "../../programs.ts";
import { onDevices } from "../../train/devices.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { TINY_MODEL, tinyRun } from "../../train/tiny_run.ts";
import { startPretrain } from "./program.ts";

const { config, plan } = tinyRun();
const { parameters } = initialSnapshot(config, plan);
const ALL = { train: Infinity, validation: Infinity };

const inputsOn = (
  backend: Backend,
  goesOn: FeatureInputs["goesOn"] = () => true,
): FeatureInputs => ({
  backend,
  model: TINY_MODEL,
  encoders: [uploadEncoder(backend, TINY_MODEL, parameters)],
  train: noiseSource(230),
  validation: noiseSource(90),
  most: ALL,
  unreadable: badImages(90),
  goesOn,
});

await onDevices(
  ["cpu", "wasm"],
  "evaluationFeatures() of all images are the features of each, in the order of their sources",
  async (backend) => {
    const inputs = inputsOn(backend);
    const [encoder, pixels] = orThrow(await evaluationFeatures(inputs, {}));
    ok(encoder !== undefined && pixels !== undefined);
    const { imageSize, inChannels } = TINY_MODEL;
    for (
      const [kind, source] of [
        ["known", inputs.train],
        ["asked", inputs.validation],
      ] as const
    ) {
      const { normalization } = source;
      const format = { imageSize, inChannels, normalization };
      const transform = right(evalTransform(format));
      const [wanted] = orThrow(
        await encoderFeatures(
          backend,
          TINY_MODEL,
          inputs.encoders,
          loadAll({ source, transform, batchSize: 30 }),
          30,
          neighbourFeature(TINY_MODEL),
        ),
      );
      const found: LabelledFeatures = encoder[kind];
      deepStrictEqual(found.labels, wanted?.labels);
      strictEqual(found.width, 4 * TINY_MODEL.embedDim);
      found.features.forEach((x, i) =>
        ok(Math.abs(x - (wanted?.features[i] ?? NaN)) < 1e-4)
      );
      strictEqual(pixels[kind].width, imageSize ** 2);
    }
    for (const tensor of inputs.encoders[0]?.values() ?? []) tensor.dispose();
  },
);

await onDevices(
  ["cpu"],
  "evaluationFeatures() ends when there is no more time, with some of both kinds, the same ones each time",
  async (backend) => {
    const of = async (): Promise<readonly EvaluationFeatures[]> =>
      orThrow(
        await evaluationFeatures(
          inputsOn(backend, (train, validation) => train + validation < 150),
          {},
        ),
      );
    const [first] = await of();
    const [known, asked] = [first?.known.labels.length, first?.asked.labels];
    strictEqual((known ?? 0) + (asked?.length ?? 0), 200, "whole batches");
    ok((known ?? 0) > 120 && (asked?.length ?? 0) > 30);
    deepStrictEqual((await of())[0], first);
    const stop = new AbortController();
    stop.abort();
    deepStrictEqual(
      await evaluationFeatures(inputsOn(backend), { signal: stop.signal }),
      { _tag: "Left", left: { _tag: "Stopped" } },
    );
  },
);

Deno.test("pretrain.ts is stopped while it judges: the run is whole, --json says so, exit code 130", () =>
  inFolder(async (folder) => {
    const flags =
      "--limit 100 --epochs 1 --batch-size 50 --warmup-epochs 0 --backend wasm --judge always --json";
    const child = startPretrain(
      ...["--output-dir", join(folder, "run")],
      ...flags.split(" "),
    );
    const { code, stdout, stderr: told } = await interruptedAt(
      child,
      "stderr",
      "judging the encoder",
    );
    strictEqual(code, 130, told);
    const { interrupted, steps, knnTop1 } = JSON.parse(stdout);
    deepStrictEqual([interrupted, steps, knnTop1], [true, 2, null]);
    match(told, /finished and whole, judge it with: .*knn\.ts/);
  }));
