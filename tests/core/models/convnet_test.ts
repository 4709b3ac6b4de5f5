import { deepStrictEqual, ok } from "node:assert/strict";
import {
  convNetScoreGraph,
  convNetStepGraph,
  convNetTensors,
  gradientName,
  interpretGraph,
  sizeOf,
} from "../../../core/mod.ts";
import type { ConvNetFamily } from "../../../core/models/convnet_spec.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import { goldenJson, largestDifference } from "../../golden_files.ts";
import { right } from "../../right.ts";

type Summary = readonly [sum: number, norm: number, wave: number];

interface RecordedStep {
  readonly family: ConvNetFamily;
  readonly depth: number;
  readonly width: number;
  readonly imageSize: number;
  readonly inChannels: number;
  readonly classes: number;
  readonly batch: number;
  readonly frozen: number;
  readonly loss: number;
  readonly scores: readonly number[];
  readonly gradients: Readonly<Record<string, Summary>>;
  readonly statistics: Readonly<Record<string, Summary>>;
}

const { steps } = goldenJson("convnet/convnet.json") as {
  readonly steps: readonly RecordedStep[];
};

/** The stream of `make.py`. */
function stream(): (count: number) => Float64Array {
  let state = 1;
  return (count) =>
    new Float64Array(count).map(() => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 31 - 1;
    });
}

/** A tensor of `make.py` from its noise. */
function fromNoise(
  name: string,
  shape: readonly number[],
  noise: Float64Array,
): Float64Array {
  if (shape.length > 1) {
    const deviation = Math.sqrt(3 / sizeOf(shape.slice(1)));
    return noise.map((v) => v * deviation);
  }
  return /(weight|var)$/.test(name)
    ? noise.map((v) => 1 + 0.3 * v)
    : noise.map((v) => 0.2 * v);
}

/** Inputs of a recorded step. */
function inputsOf(step: RecordedStep): NamedValues {
  const take = stream();
  const { parameters, statistics } = convNetTensors(step);
  const byName = [...parameters, ...statistics].toSorted((a, b) =>
    a.name < b.name ? -1 : 1
  );
  const { batch, inChannels, imageSize, classes } = step;
  const tensors = byName.map(({ name, shape }) =>
    [name, fromNoise(name, shape, take(sizeOf(shape)))] as const
  );
  const targets = new Float64Array(batch * classes);
  for (let b = 0; b < batch; b++) targets[b * classes + b % classes] = 1;
  return {
    ...Object.fromEntries(tensors),
    images: take(batch * inChannels * imageSize ** 2),
    targets,
  };
}

const summary = (values: Float64Array): Summary => [
  values.reduce((sum, v) => sum + v, 0),
  Math.hypot(...values),
  values.reduce((sum, v, i) => sum + v * Math.cos(i), 0),
];

for (const step of steps) {
  const { family, frozen } = step;
  const of = `a ${family} with ${frozen} frozen layers`;

  Deno.test(`convNetStepGraph() of ${of} computes PyTorch's loss, gradients and running statistics`, () => {
    const graph = right(convNetStepGraph({ ...step, firstTrained: frozen }));
    const { loss, ...others } = interpretGraph(graph, inputsOf(step));
    ok(Math.abs((loss?.[0] ?? NaN) - step.loss) < 1e-10);
    const learning = new Set(
      convNetTensors(step).statistics
        .filter(({ owner }) => owner >= frozen).map(({ name }) => name),
    );
    const wanted = Object.fromEntries([
      ...Object.entries(step.gradients)
        .map(([name, numbers]) => [gradientName(name), numbers]),
      ...Object.entries(step.statistics).filter(([name]) => learning.has(name)),
    ]);
    deepStrictEqual(
      Object.keys(others).toSorted(),
      Object.keys(wanted).toSorted(),
    );
    for (const [name, values] of Object.entries(others)) {
      ok(largestDifference(summary(values), wanted[name]) < 1e-8, name);
    }
  });
}

Deno.test("convNetScoreGraph() scores each image alone, by running statistics", () => {
  const [step] = steps as [RecordedStep];
  const inputs = inputsOf(step);
  const { scores: all } = interpretGraph(
    right(convNetScoreGraph(step, step.batch)),
    inputs,
  );
  const size = step.inChannels * step.imageSize ** 2;
  const { scores: second } = interpretGraph(right(convNetScoreGraph(step, 1)), {
    ...inputs,
    images: inputs.images!.slice(size, 2 * size),
  });
  const { classes } = step;
  const part = all!.slice(classes, 2 * classes);
  ok(largestDifference(second, part) < 1e-12);
  ok(largestDifference(all, step.scores) > 1e-3, "batch statistics were used");
});
