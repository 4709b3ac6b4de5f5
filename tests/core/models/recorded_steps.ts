/**
 * Recorded steps of DenseNets and VGG networks, and engines that take them.
 *
 * @module
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  type ConvNetSpec,
  convNetStepGraph,
  convNetTensors,
  gradientName,
  inputSignatures,
  right as success,
} from "../../../core/mod.ts";
import { compileGraph, runOnce } from "../../../train/engine/programs.ts";
import type { HostTensors } from "../../../train/engine/tensors.ts";
import type { Backend } from "../../../backends/mod.ts";
import { orThrow } from "../../../train/mod.ts";
import { type DeviceName, onDevices } from "../../train/devices.ts";
import { goldenJson, largestDifference } from "../../golden_files.ts";
import { right } from "../../right.ts";
import { inputsOf, type Summary, summary } from "./recorded_convnet.ts";

/** A step of `make_deep.py`. */
export interface RecordedStep {
  readonly spec: ConvNetSpec;
  readonly batch: number;
  readonly frozen: number;
  readonly loss: number;
  readonly gradients: Readonly<Record<string, Summary>>;
  readonly statistics: Readonly<Record<string, Summary>>;
  /** Parameters after a step of SGD. */
  readonly after: Readonly<Record<string, Summary>>;
}

/** All recorded steps. */
export const { steps } = goldenJson("convnet/deep.json") as {
  readonly steps: readonly RecordedStep[];
};

/** Graph of a recorded step. */
export const graphOf = ({ spec, batch, frozen }: RecordedStep) =>
  right(convNetStepGraph({ ...spec, batch, firstTrained: frozen }));

/** Everything that a recorded step gives, by name. */
function wanted(
  { spec, frozen, loss, gradients, statistics }: RecordedStep,
): Readonly<Record<string, Summary>> {
  const learning = convNetTensors(spec).statistics
    .filter(({ owner }) => owner >= frozen)
    .map(({ name }) => [name, statistics[name]!]);
  const named = Object.entries(gradients)
    .map(([name, numbers]) => [gradientName(name), numbers]);
  return {
    loss: [loss, Math.abs(loss), loss],
    ...Object.fromEntries([...named, ...learning]),
  };
}

/** Compares outputs with a record; differences count against the length of a tensor, or 1 if that is larger. */
export function compare(
  found: Readonly<Record<string, Float64Array | Float32Array>>,
  step: RecordedStep,
  tolerance: number,
): void {
  const told = wanted(step);
  deepStrictEqual(Object.keys(found).toSorted(), Object.keys(told).toSorted());
  for (const [name, values] of Object.entries(found)) {
    const numbers = told[name]!;
    const most = tolerance * Math.max(1, numbers[1]);
    const difference = largestDifference(summary(values), numbers);
    ok(difference < most, `${name}: ${difference}, allowed ${most}`);
  }
}

/** Outputs of a recorded step on an engine, by name. */
async function outputsOn(
  backend: Backend,
  step: RecordedStep,
): Promise<HostTensors> {
  const graph = graphOf(step);
  const program = orThrow(await compileGraph(backend, success(graph)));
  const values = inputsOf(step.spec, step.batch);
  const inputs = Object.entries(inputSignatures(graph)).map((
    [name, { shape }],
  ) => [name, { shape, data: Float32Array.from(values[name]!) }] as const);
  const outputs = await runOnce(
    ...[backend, program, new Map(), Object.fromEntries(inputs)] as const,
  );
  program.dispose();
  return orThrow(outputs);
}

/** A recorded step in words. */
export function wordsOf({ spec, frozen }: RecordedStep): string {
  const drops = spec.family === "vgg" && spec.dropout > 0 ? ", dropout" : "";
  return `a ${spec.family} with ${frozen} frozen layers${drops}`;
}

/** Registers a test for each recorded step and engine. */
export async function testOnDevices(
  devices: readonly DeviceName[],
): Promise<void> {
  for (const step of steps) {
    await onDevices(
      devices,
      `convNetStepGraph() of ${wordsOf(step)} computes PyTorch's numbers`,
      async (backend) =>
        compare(Object.fromEntries(await outputsOn(backend, step)), step, 1e-4),
    );
  }
}
