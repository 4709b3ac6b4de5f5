import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/backend.ts";
import {
  epochOrder,
  PROBE_NAMES,
  PROBE_RECIPE,
  probePlan,
  right as success,
} from "../../../core/mod.ts";
import {
  type BatchSource,
  describeTrainError,
  initialConvNet,
  initialFinetune,
  initialProbe,
  orThrow,
  probeBatches,
  probeTask,
  type Snapshot,
  train,
  type TrainError,
  type Training,
} from "../../../train/mod.ts";
import {
  batches as pictureBatches,
  inputsOn,
  started as openConvNet,
} from "../tasks/tiny_convnet.ts";
import { onDevices } from "../devices.ts";
import {
  batchesOf,
  CONFIG,
  ENCODER,
  RUN,
  SAMPLES,
  started,
} from "../tasks/tiny_finetune.ts";

/** A start in which every number of some tensors is replaced. */
const startWith = (
  start: Snapshot,
  values: Readonly<Record<string, (x: number, i: number) => number>>,
): Snapshot => ({
  ...start,
  parameters: new Map(
    [...start.parameters].map(([name, data]) => [
      name,
      data.map(values[name] ?? ((x: number) => x)),
    ]),
  ),
});

/** The same batches, with all pixels of the micro-batch of a number replaced. */
const poisoned = (source: BatchSource, at: number, pixel: number) =>
  async function* (epoch: number, from: number) {
    let number = from;
    for await (const batch of source(epoch, from)) {
      const isBad = epoch === 0 && number++ === at && batch._tag === "Right";
      yield isBad
        ? success({
          ...batch.right,
          images: batch.right.images.map(() => pixel),
        })
        : batch;
    }
  } satisfies BatchSource;

/**
 * The same engine, which compiles nothing ahead: a test run that ends while something is
 * compiled still is cut off.
 */
const inTurn = (backend: Backend): Backend => ({
  ...backend,
  compilesBesideRuns: false,
});

/**
 * The error that ends a training at a step; everything it keeps must be what it was
 * before that step, and nothing may be left on the device.
 */
async function refusal(
  backend: Backend,
  step: number,
  open: () => Training,
): Promise<TrainError> {
  const before = backend.liveTensors();
  const training = open();
  let last = orThrow(await training.snapshot());
  let error: TrainError | null = null;
  for await (const report of training) {
    if (report._tag === "Left") error = report.left;
    else last = orThrow(await training.snapshot());
  }
  strictEqual(last.step, step);
  deepStrictEqual(orThrow(await training.snapshot()), last);
  training.dispose();
  strictEqual(backend.liveTensors(), before);
  ok(error !== null);
  return error;
}

const gradientOf = (step: number, name: string, part: string): TrainError => ({
  _tag: "NonFiniteGradient",
  step,
  origin: { stage: null, first: { kind: "gradient", name, part } },
});

/** Scores of usual size, whose way back leaves float32 behind the last layer. */
const steep = (norm: string, head: string) => ({
  [`${norm}.weight`]: (x: number) => 1e-30 * x,
  [`${head}.weight`]: (_: number, i: number) => 1e30 * Math.cos(i),
});

await onDevices(
  ["cpu", "webgpu", "onnx"],
  "fine-tuning refuses a gradient that leaves float32 though the loss is finite, and names it; nothing has moved",
  async (backend) => {
    const start = startWith(
      initialFinetune(RUN, ENCODER),
      steep("fc_norm", "head"),
    );
    const error = await refusal(
      backend,
      0,
      () => started(inTurn(backend), RUN, start),
    );
    deepStrictEqual(
      error,
      gradientOf(0, "fc_norm.bias", "norm and head, layer 4"),
    );
    match(
      describeTrainError(error),
      /^Stopped at step 0: a gradient is not finite, though the losses are; the first number that is not finite is in the gradient of fc_norm\.bias \(norm and head, layer 4\)$/,
    );
  },
);

await onDevices(
  ["cpu", "webgpu", "onnx"],
  "fine-tuning refuses the step of a micro-batch that is not finite, with all as it was before that step",
  async (backend) => {
    // The second micro-batch of the second step.
    const batches = poisoned(batchesOf(CONFIG), 3, Infinity);
    const sample = epochOrder(CONFIG.training.seed, 0, SAMPLES)[6];
    deepStrictEqual(
      await refusal(
        backend,
        1,
        () => started(inTurn(backend), RUN, undefined, batches),
      ),
      {
        _tag: "NonFiniteLoss",
        step: 1,
        stageLosses: {},
        origin: {
          stage: null,
          first: { kind: "images", name: String(sample), part: "" },
        },
      },
    );
  },
);

await onDevices(
  ["cpu", "onnx on one thread"],
  "training of a convolutional network refuses a gradient that leaves float32 though the loss is finite, and names it; nothing has moved",
  async (backend) => {
    const inputs = inputsOn(inTurn(backend));
    const start = startWith(initialConvNet(inputs), steep("bn1", "fc"));
    deepStrictEqual(
      await refusal(
        backend,
        0,
        () => openConvNet({ ...inputs, start }),
      ),
      gradientOf(0, "bn1.bias", "fc, layer 4"),
    );
  },
);

await onDevices(
  ["cpu", "webgpu", "onnx on one thread"],
  "training of a convolutional network refuses running statistics that leave float32 though loss and gradients are finite",
  async (backend) => {
    const inputs = inputsOn(inTurn(backend));
    const batches = poisoned(pictureBatches, 2, 1e30);
    const error = await refusal(
      backend,
      2,
      () => openConvNet({ ...inputs, batches }),
    );
    strictEqual(
      describeTrainError(error),
      "Stopped at step 2: the running statistics block1.layer.0.bn1.running_mean (block1.layer.0, layer 1) are not finite, though loss and gradients are",
    );
  },
);

await onDevices(
  ["cpu", "onnx on one thread"],
  "linear probing refuses running statistics that leave float32 though loss and gradients are finite",
  async (backend) => {
    const config = {
      ...PROBE_RECIPE,
      width: 2,
      classes: 2,
      epochs: 2,
      warmupEpochs: 0,
      batchSize: 4,
    };
    const labels = Int32Array.of(0, 0, 1, 1);
    const features = (epoch: number) => {
      const scale = epoch === 1 ? 1e30 : 1;
      const rows = Float32Array.of(1, 0, 2, 0, 0, 1, 0, 2).map((x) =>
        scale * x
      );
      return Promise.resolve(success({ features: rows, width: 2, labels }));
    };
    const start = initialProbe(config);
    const error = await refusal(
      backend,
      1,
      () =>
        train(probeTask({ config, plan: orThrow(probePlan(config, 4)) }), {
          ...{ backend, start },
          batches: probeBatches({ config, samples: 4, features }),
        }),
    );
    deepStrictEqual(error, {
      _tag: "NonFiniteStatistics",
      step: 1,
      name: PROBE_NAMES.mean,
      part: "batch normalisation",
    });
  },
);
