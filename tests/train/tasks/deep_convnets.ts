/**
 * Trainings of a small DenseNet and a small VGG.
 *
 * @module
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  type ConvNetConfig,
  convNetPlan,
  type ConvNetSpec,
  FREEZEOUT_RECIPE,
  right as success,
} from "../../../core/mod.ts";
import { memoized } from "../../../core/memo.ts";
import { type Backend, referenceBackend } from "../../../backends/mod.ts";
import {
  type BatchSource,
  initialConvNet,
  orThrow,
  type Training,
} from "../../../train/mod.ts";
import { inputsOf, summary } from "../../core/models/recorded_convnet.ts";
import { type RecordedStep, steps } from "../../core/models/recorded_steps.ts";
import { largestDifference } from "../../golden_files.ts";
import { right } from "../../right.ts";
import { type DeviceName, onDevices } from "../devices.ts";
import { CONFIG, ended, inputsOn, started, stepped } from "./tiny_convnet.ts";

/** Steps that are compared; two layers are frozen in the last. */
const STEPS = 6;

const IMAGES = { inChannels: 1, classes: CONFIG.model.classes };

/** The networks. */
const NETWORKS: readonly ConvNetSpec[] = [
  {
    ...{ family: "denseNet", depth: 10, growthRate: 2, reduction: 0.5 },
    ...{ ...IMAGES, imageSize: 8 },
  },
  {
    ...{ family: "vgg", depth: 11, channels: 1, dropout: 0.25 },
    ...{ ...IMAGES, imageSize: 32 },
  },
];

/** Twelve steps at a low rate: the normalisations of a VGG make much of rounding. */
export const TRAININGS: readonly ConvNetConfig[] = NETWORKS.map((model) => ({
  ...CONFIG,
  model,
  rate: { ...CONFIG.rate, baseRate: 0.001 },
}));

/** Steps of the reference, which are taken once. */
const referenceSteps = memoized((config: ConvNetConfig) =>
  stepped(started(inputsOn(referenceBackend(), config)), STEPS)
);

/** Steps across freezes are those of the reference, and nothing is left on the device. */
async function takesReferenceSteps(
  backend: Backend,
  config: ConvNetConfig,
): Promise<void> {
  const before = backend.liveTensors();
  const ours = started(inputsOn(backend, config));
  const [found, told] = [
    await stepped(ours, STEPS),
    await referenceSteps(config),
  ];
  ok(found.at(-1)!.frozenLayers >= 2);
  found.forEach(({ loss, rates, frozenLayers }, i) => {
    ok(Math.abs(loss - told[i]!.loss) < 1e-4, `${i}`);
    deepStrictEqual(
      [rates, frozenLayers],
      [told[i]!.rates, told[i]!.frozenLayers],
    );
  });
  await ended(ours);
  strictEqual(backend.liveTensors(), before);
}

/** A training that begins where a recorded step does, and has its images as the only batch. */
function recordedTraining(backend: Backend, step: RecordedStep): Training {
  const { spec, batch } = step;
  const { images = [], ...tensors } = inputsOf(spec, batch);
  const config: ConvNetConfig = {
    ...FREEZEOUT_RECIPE,
    model: spec,
    freeze: { t0: 1, scale: "cubic" },
    training: { epochs: 2, warmupEpochs: 0, batchSize: batch, seed: 0 },
  };
  const run = { config, plan: right(convNetPlan(config, batch)) };
  const { imageSize, inChannels, classes } = spec;
  const shape = [batch, inChannels, imageSize, imageSize] as const;
  const indices = Int32Array.from({ length: batch }, (_, i) => i);
  const labels = indices.map((i) => i % classes);
  const batches: BatchSource = async function* () {
    const pixels = Float32Array.from(images);
    yield success({ shape, images: pixels, indices, labels });
  };
  const first = initialConvNet(run);
  const given = (named: ReadonlyMap<string, Float32Array>) =>
    new Map(
      [...named.keys()].map((name) =>
        [name, Float32Array.from(tensors[name]!)] as const
      ),
    );
  const start = {
    ...first,
    parameters: given(first.parameters),
    statistics: given(first.statistics),
  };
  return started({ ...run, backend, batches, start });
}

/** One step of SGD with Nesterov's momentum and decay is PyTorch's. */
async function takesRecordedStep(
  backend: Backend,
  step: RecordedStep,
): Promise<void> {
  const training = recordedTraining(backend, step);
  const [report] = await stepped(training, 1);
  const { parameters, statistics } = orThrow(await training.snapshot());
  training.dispose();
  ok(Math.abs(report!.loss - step.loss) < 1e-5);
  for (const [name, values] of [...parameters, ...statistics]) {
    const wanted = (step.after[name] ?? step.statistics[name])!;
    const difference = largestDifference(summary(values), wanted);
    ok(difference < 2e-5 * Math.max(1, wanted[1]), `${name}: ${difference}`);
  }
}

/** Registers that steps across freezes are those of the reference. */
export async function testReferenceSteps(
  devices: readonly DeviceName[],
): Promise<void> {
  for (const config of TRAININGS) {
    await onDevices(
      devices,
      `training of a ${config.model.family} takes the reference's steps, across freezes`,
      (backend) => takesReferenceSteps(backend, config),
    );
  }
}

/** Registers that a step of SGD is PyTorch's. */
export async function testRecordedSteps(
  devices: readonly DeviceName[],
): Promise<void> {
  for (const step of steps) {
    const { spec, frozen } = step;
    if (frozen > 0 || (spec.family === "vgg" && spec.dropout > 0)) continue;
    await onDevices(
      devices,
      `a step of training a ${spec.family} is PyTorch's`,
      (backend) => takesRecordedStep(backend, step),
    );
  }
}
