import { match, ok, strictEqual } from "node:assert/strict";
import type { Backend, BackendError } from "../../../backends/mod.ts";
import {
  left,
  MODEL_PRESETS,
  type ModelName,
  planOf,
  type PretrainConfig,
  SMALL_RECIPE,
} from "../../../core/mod.ts";
import { stepTooLarge } from "../../../cli/runs/step_size.ts";
import { onlyShare, pretrainTask } from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { openDevice } from "../../train/devices.ts";

async function device(name: "wasm" | "cpu"): Promise<Backend> {
  const backend = await openDevice(name);
  if (backend._tag === "Left") throw new Error(backend.left._tag);
  return backend.right;
}

function configOf(
  model: ModelName,
  batchSize: number,
  accumIter = 3,
): PretrainConfig {
  const config = SMALL_RECIPE;
  const training = { ...config.training, batchSize, accumIter };
  return { ...config, model: MODEL_PRESETS[model], training };
}

const refusalOf = (backend: Backend, config: PretrainConfig) => {
  const task = pretrainTask({ config, plan: right(planOf(config, 8000)) });
  return stepTooLarge(backend, { task, share: onlyShare(task, backend) });
};

/** The batch sizes that a refusal advises. */
const advised = (refusal: string): readonly number[] => {
  const words = /--batch-size (\d+) --accum-iter (\d+) makes/.exec(refusal);
  return words?.slice(1).map(Number) ?? [];
};

Deno.test("stepTooLarge() lets small steps pass", async () => {
  for (const name of ["wasm", "cpu"] as const) {
    strictEqual(
      await refusalOf(await device(name), configOf("nano", 32)),
      null,
    );
  }
});

Deno.test("stepTooLarge() advises the largest batch that passes and makes the same step", async () => {
  const wasm = await device("wasm");
  const refusal = await refusalOf(wasm, configOf("vit-b", 240)) ?? "";
  match(refusal, /^Cannot compute 240 images at once on wasm: a step needs/);
  const [batchSize = 0, accumIter = 0] = advised(refusal);
  strictEqual(batchSize * accumIter, 720);
  const same = configOf("vit-b", batchSize, accumIter);
  strictEqual(await refusalOf(wasm, same), null);
  const next = [...Array(240).keys()].find((n) =>
    n > batchSize && 240 % n === 0
  );
  ok(next !== undefined);
  const larger = configOf("vit-b", next, 720 / next);
  match(await refusalOf(wasm, larger) ?? "", /Cannot compute/);
});

Deno.test("stepTooLarge() says so if no batch fits", async () => {
  const config = configOf("vit-h", 2);
  const large = { ...config, model: { ...config.model, imageSize: 448 } };
  match(
    await refusalOf(await device("wasm"), large) ?? "",
    /not even one image at a time fits: choose a smaller --model$/,
  );
});

Deno.test("stepTooLarge() heeds what the device itself refuses", async () => {
  const error: BackendError = {
    _tag: "TensorTooLarge",
    device: "small",
    tensor: "input images",
    bytes: 9,
    limit: 8,
  };
  const cpu = await device("cpu");
  const limit = 4 * 16 * 24 * 24;
  const small: Backend = {
    ...cpu,
    compile: (graph, options) =>
      graph.nodes.some((node) =>
          node.op === "input" && node.attributes.name === "images" &&
          4 * node.shape.reduce((a, b) => a * b, 1) > limit
        )
        ? Promise.resolve(left(error))
        : cpu.compile(graph, options),
  };
  const refusal = await refusalOf(small, configOf("nano", 32)) ?? "";
  match(refusal, /Cannot place input images on small/);
  strictEqual(advised(refusal)[0], 16);
});

Deno.test("stepTooLarge() leaves no tensor on the device", async () => {
  const cpu = await device("cpu");
  const before = cpu.liveTensors();
  await refusalOf(cpu, configOf("nano", 32));
  strictEqual(cpu.liveTensors(), before);
});
