import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/backend.ts";
import {
  inputSignatures,
  type PretrainConfig,
  PROBE_RECIPE,
  probePlan,
  right as success,
} from "../../../core/mod.ts";
import {
  finetuneTask,
  initialFinetune,
  initialProbe,
  orThrow,
  pretrainTask,
  probeBatches,
  probeTask,
  type StepReport,
  train,
  type Training,
} from "../../../train/mod.ts";
import { joinedStep } from "../../../train/engine/step/joined_phase.ts";
import { planPhase } from "../../../train/engine/step/phase.ts";
import { right } from "../../right.ts";
import { inputsOn, started as openConvNet } from "../tasks/tiny_convnet.ts";
import {
  batchesOf,
  CONFIG as TUNING,
  ENCODER,
  runOf,
} from "../tasks/tiny_finetune.ts";
import { startTiny, TINY_CONFIG, tinyRun } from "../tiny_run.ts";
import { inLine, separate, wholeCourse } from "./course.ts";

type Open = (backend: Backend, ahead: number) => Training;

const pretraining = (change: Partial<PretrainConfig>): Open => {
  const run = tinyRun(change);
  return (backend, ahead) => startTiny(backend, run, undefined, { ahead });
};

const finetuning = (accumIter: number): Open => {
  const training = { ...TUNING.training, accumIter };
  const run = runOf({ ...TUNING, emaDecay: 0.9, training });
  const start = initialFinetune(run, ENCODER);
  const batches = batchesOf(run.config);
  return (backend, ahead) =>
    train(finetuneTask(run), { backend, batches, start, ahead });
};

const convNet: Open = (backend, ahead) =>
  openConvNet({ ...inputsOn(backend), ahead });

/** Features of which every sample has a class of its own sign. */
const probing: Open = (backend, ahead) => {
  const config = {
    ...PROBE_RECIPE,
    ...{ width: 2, classes: 2, epochs: 3, warmupEpochs: 0, batchSize: 2 },
  };
  const labels = Int32Array.of(0, 0, 1, 1);
  const rows = Float32Array.of(1, 0.5, 2, 0, -1, 1, 0.2, 2);
  const features = () =>
    Promise.resolve(success({ features: rows, width: 2, labels }));
  const task = probeTask({ config, plan: right(probePlan(config, 4)) });
  const batches = probeBatches({ config, samples: 4, features });
  return train(task, { backend, batches, start: initialProbe(config), ahead });
};

const SGD = { _tag: "Sgd", momentum: 0.9, weightDecay: 0.01 } as const;
const several = { training: { ...TINY_CONFIG.training, accumIter: 3 } };

for (
  const [what, open] of [
    ["pre-training", pretraining({})],
    ["pre-training of several micro-batches", pretraining(several)],
    ["pre-training by SGD", pretraining({ optimizer: SGD })],
    ["pre-training that is never clipped", pretraining({ clipGrad: 1e6 })],
    ["fine-tuning with means", finetuning(1)],
    ["fine-tuning with means and several micro-batches", finetuning(2)],
    ["training of a convolutional network", convNet],
    ["linear probing", probing],
  ] as const
) {
  Deno.test(`train() takes the same steps, bit for bit, as one program and as three, whatever is ahead: ${what}`, async () => {
    const wanted = await wholeCourse(separate(), (on) => open(on, 0));
    strictEqual(wanted.error, null);
    for (const ahead of [0, 1, 3]) {
      const found = await wholeCourse(inLine(), (on) => open(on, ahead));
      deepStrictEqual(found, wanted);
    }
  });
}

const lengthOf = (report: unknown) =>
  (report as StepReport).gradientNorm ?? NaN;

for (const accumIter of [1, 2]) {
  Deno.test(`train() with clipGrad takes the same steps as one program and as three, to rounding of the factor: ${accumIter} micro-batches`, async () => {
    const training = { ...TINY_CONFIG.training, accumIter };
    const open = pretraining({ clipGrad: 1e-3, training });
    const wanted = await wholeCourse(separate(), (on) => open(on, 0));
    const found = await wholeCourse(inLine(), (on) => open(on, 0));
    wanted.reports.forEach((report, i) => {
      const length = lengthOf(report);
      ok(length > 1e-2);
      ok(Math.abs(lengthOf(found.reports[i]) / length - 1) < 1e-6);
    });
    for (const [name, data] of wanted.end.parameters) {
      const other = found.end.parameters.get(name);
      data.forEach((x, i) => ok(Math.abs(x - other![i]!) < 5e-7, name));
    }
    const ahead = await wholeCourse(inLine(), (on) => open(on, 3));
    deepStrictEqual(ahead, found);
  });
}

Deno.test("joinedStep() gives losses, squares and what it replaces, and no gradients", async () => {
  const run = tinyRun({ clipGrad: 1 });
  const task = pretrainTask(run);
  const [phase] = run.plan.phases;
  const planned = orThrow(await planPhase(inLine(), task, phase));
  for (const isWhole of [true, false]) {
    const step = right(joinedStep(task, planned, isWhole));
    const { graph, replaces = {}, guard, reported = [] } = step;
    const inputs = inputSignatures(graph);
    deepStrictEqual(
      Object.keys(graph.outputs).toSorted(),
      [...reported, ...Object.keys(replaces)].toSorted(),
    );
    deepStrictEqual(guard?.finite, reported);
    ok(Object.values(replaces).every((name) => Object.hasOwn(inputs, name)));
    ok(!Object.hasOwn(inputs, "clip"));
    strictEqual(
      Object.keys(inputs).some((name) => name.startsWith("gradient/")),
      !isWhole,
    );
  }
});
