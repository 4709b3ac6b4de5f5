import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/backend.ts";
import {
  classifierParameters,
  clipFactor,
  convNetPlan,
  convNetTensors,
  type FinetuneConfig,
  finetunePlan,
} from "../../../core/mod.ts";
import { initialFinetune, orThrow, type Training } from "../../../train/mod.ts";
import { faultsOf } from "../../right.ts";
import {
  CONFIG as CONVNET,
  inputsOn,
  started as openConvNet,
  stepped,
} from "../tasks/tiny_convnet.ts";
import { onDevices } from "../devices.ts";
import {
  CONFIG as FINETUNE,
  ENCODER,
  runOf,
  SAMPLES,
  SAMPLES as PICTURES,
  started,
  take,
} from "../tasks/tiny_finetune.ts";

/** All that a training keeps after its first step, and what it says of that step. */
async function afterFirst(training: Training) {
  for await (const report of training) {
    const state = orThrow(await training.snapshot());
    training.dispose();
    return { report: orThrow(report), state };
  }
  throw new Error("no step");
}

/** Largest difference of two tensors beside the largest number of the second. */
function distance(found: Float32Array, wanted: ArrayLike<number>): number {
  let [most, size] = [0, 1e-30];
  found.forEach((x, i) => {
    most = Math.max(most, Math.abs(x - (wanted[i] ?? NaN)));
    size = Math.max(size, Math.abs(wanted[i] ?? NaN));
  });
  return most / size;
}

const length = (tensors: readonly (readonly number[])[]): number =>
  Math.hypot(...tensors.map((numbers) => Math.hypot(...numbers)));

const LIMIT = 1e-2;

await onDevices(
  ["cpu", "wasm", "onnx"],
  "fine-tuning with clipGrad takes the step of its gradients times clipFactor(), of all micro-batches together",
  async (backend) => {
    // With such an ε the length of a gradient decides on the length of AdamW's step.
    const optimizer = { ...FINETUNE.optimizer, epsilon: 1e-3 };
    const config = {
      ...FINETUNE,
      optimizer,
      training: { ...FINETUNE.training, warmupEpochs: 0 },
    };
    const of = (change: Partial<FinetuneConfig>) =>
      afterFirst(started(backend, runOf({ ...config, ...change })));
    const [plain, clipped] = [await of({}), await of({ clipGrad: LIMIT })];
    const { beta1, epsilon, weightDecay } = optimizer;
    const { gradientNorm = NaN, rates } = plain.report;
    const rate = rates.at(-1)!;
    strictEqual(clipped.report.gradientNorm, gradientNorm);
    const names = classifierParameters(config).map(({ name }) => name);
    // The first moment after the first step is a part of the gradient.
    const gradients = new Map(names.map((name) => [
      name,
      Array.from(
        plain.state.optimizer.get(`exp_avg/${name}`)!,
        (x) => x / (1 - beta1),
      ),
    ]));
    const wanted = length([...gradients.values()]);
    ok(
      Math.abs(gradientNorm / wanted - 1) < 1e-5,
      `${gradientNorm}, ${wanted}`,
    );
    ok(gradientNorm > 10 * LIMIT, `${gradientNorm}`);
    const factor = clipFactor(LIMIT)(gradientNorm);
    for (const name of names) {
      const mean = clipped.state.optimizer.get(`exp_avg/${name}`)!;
      const scaled = gradients.get(name)!.map((x) => factor * (1 - beta1) * x);
      ok(distance(mean, scaled) < 1e-5, name);
    }
    const start = initialFinetune(runOf(config), ENCODER);
    const gradient = gradients.get("head.weight")!.map((x) => factor * x);
    const moved = Array.from(start.parameters.get("head.weight")!, (x, i) => {
      const g = gradient[i]!;
      return x * (1 - rate * weightDecay) - rate * g / (Math.abs(g) + epsilon);
    });
    ok(distance(clipped.state.parameters.get("head.weight")!, moved) < 1e-4);
    ok(distance(plain.state.parameters.get("head.weight")!, moved) > 0.1);
  },
);

await onDevices(
  ["cpu", "webgpu", "onnx on one thread"],
  "training of a convolutional network with clipGrad takes the step of its gradients times clipFactor(); running statistics are not clipped",
  async (backend) => {
    const optimizer = { _tag: "Sgd", momentum: 0.9, weightDecay: 0 } as const;
    const config = { ...CONVNET, optimizer };
    const of = (change: { readonly clipGrad?: number }) =>
      afterFirst(openConvNet(inputsOn(backend, { ...config, ...change })));
    const [plain, clipped] = [await of({}), await of({ clipGrad: LIMIT })];
    const { gradientNorm = NaN } = plain.report;
    strictEqual(clipped.report.gradientNorm, gradientNorm);
    const { parameters, statistics } = convNetTensors(config.model);
    // The momentum after the first step is the gradient.
    const gradientOf = (name: string) =>
      Array.from(plain.state.optimizer.get(`momentum_buffer/${name}`)!);
    const wanted = length(parameters.map(({ name }) => gradientOf(name)));
    ok(
      Math.abs(gradientNorm / wanted - 1) < 1e-5,
      `${gradientNorm}, ${wanted}`,
    );
    const factor = clipFactor(LIMIT)(gradientNorm);
    ok(factor < 0.1, `${factor}`);
    for (const { name } of parameters) {
      const scaled = gradientOf(name).map((x) => factor * x);
      const found = clipped.state.optimizer.get(`momentum_buffer/${name}`)!;
      ok(distance(found, scaled) < 1e-5, name);
    }
    deepStrictEqual(clipped.state.statistics.size, statistics.length);
    deepStrictEqual(clipped.state.statistics, plain.state.statistics);
  },
);

/** What some clippings of a training keep and say, without times. */
async function courses(
  backend: Backend,
  clippings: readonly { readonly clipGrad?: number }[],
) {
  const found = [];
  for (const clipping of clippings) {
    const tuning = started(backend, runOf({ ...FINETUNE, ...clipping }));
    // Layers freeze before the fourth step of each.
    const tuned = await take(tuning, 4);
    const convNet = openConvNet(
      inputsOn(backend, { ...CONVNET, ...clipping }),
    );
    const learned = await stepped(convNet, 4);
    found.push([
      tuned.map((report) => ({ ...report, milliseconds: 0 })),
      orThrow(await tuning.snapshot()),
      learned.map((report) => ({ ...report, milliseconds: 0 })),
      orThrow(await convNet.snapshot()),
    ]);
    tuning.dispose();
    convNet.dispose();
  }
  return found;
}

await onDevices(
  ["cpu", "webgpu", "onnx on one thread"],
  "fine-tuning and training of a convolutional network with a length that is never reached change nothing, not a bit",
  async (backend) => {
    const [without, never] = await courses(backend, [{}, { clipGrad: 1e6 }]);
    deepStrictEqual(never, without);
  },
);

Deno.test("finetunePlan() and convNetPlan() refuse a length of gradients that is not above 0", () => {
  for (const clipGrad of [0, -1, NaN, Infinity]) {
    const faults = [`clipGrad: found ${clipGrad}, wanted a number above 0`];
    deepStrictEqual(
      faultsOf(finetunePlan({ ...FINETUNE, clipGrad }, SAMPLES)),
      faults,
    );
    deepStrictEqual(
      faultsOf(convNetPlan({ ...CONVNET, clipGrad }, PICTURES)),
      faults,
    );
  }
});
