import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/backend.ts";
import { type PretrainConfig, stateKinds } from "../../../core/mod.ts";
import {
  type BatchSource,
  describeTrainError,
  initialSnapshot,
  pretraining,
  type Snapshot,
  type StepReport,
  trainableParameters,
  type TrainError,
  type Training,
} from "../../../train/mod.ts";
import { readCheckpoint } from "../../../train/checkpoint/read_checkpoint.ts";
import { writeCheckpoint } from "../../../train/checkpoint/write_checkpoint.ts";
import { onDevices } from "../devices.ts";
import { spoiledBatches } from "../spoiled_batches.ts";
import { inFolder } from "../temporary_folder.ts";
import {
  syntheticBatches,
  takeSteps,
  TINY_CONFIG,
  tinyRun,
  trained,
} from "../tiny_run.ts";

const RUN = tinyRun();

interface Start {
  readonly start?: Snapshot;
  readonly batches?: BatchSource;
  readonly skipNonFinite?: number;
  readonly change?: Partial<PretrainConfig>;
}

function started(backend: Backend, given: Start): Training {
  const run = tinyRun(given.change);
  return pretraining({
    ...run,
    backend,
    start: given.start ?? initialSnapshot(run.config, run.plan),
    batches: given.batches ?? syntheticBatches(run.config),
    skipNonFinite: given.skipNonFinite ?? 0,
  });
}

/** Steps until the end or the first error. */
async function until(
  run: Training,
): Promise<{ reports: readonly StepReport[]; error: TrainError | null }> {
  const reports: StepReport[] = [];
  for await (const taken of run) {
    if (taken._tag === "Left") return { reports, error: taken.left };
    reports.push(taken.right);
  }
  return { reports, error: null };
}

/** A start with one number changed. */
function startWith(name: string, value: number): Snapshot {
  const start = initialSnapshot(RUN.config, RUN.plan);
  start.parameters.get(name)?.fill(value, 1, 2);
  return start;
}

await onDevices(
  ["reference in line", "cpu"],
  "a parameter that is not finite stops the run with its layer, before anything is updated",
  async (backend) => {
    const start = startWith("blocks.2.mlp.fc1.weight", NaN);
    const run = started(backend, { start });
    const { error } = await until(run);
    run.dispose();
    ok(error?._tag === "NonFiniteLoss");
    strictEqual(error.step, 0);
    deepStrictEqual(error.origin, {
      stage: { index: 2, scale: 1 },
      first: {
        kind: "parameter",
        name: "blocks.2.mlp.fc1.weight",
        part: "block 3, layer 3",
      },
    });
    match(
      describeTrainError(error),
      /^Stopped at step 0: the loss is not finite \(stage 1: 0\.\d+, stage 2: 0\.\d+, stage 3: NaN, stage 4: NaN\); the first such stage is 3 \(scale 1\); the first number that is not finite is in the parameter blocks\.2\.mlp\.fc1\.weight \(block 3, layer 3\)$/,
    );
  },
);

await onDevices(
  ["cpu", "webgpu", "onnx"],
  "an activation that leaves float32 is named by the first block whose output is not finite",
  async (backend) => {
    // Finite, but a product with it is not.
    const start = startWith("blocks.1.mlp.fc2.weight", 3e38);
    start.parameters.get("blocks.1.mlp.fc2.weight")?.fill(3e38);
    start.parameters.get("blocks.1.mlp.fc1.bias")?.fill(100);
    const run = started(backend, { start });
    const { error } = await until(run);
    run.dispose();
    ok(error?._tag === "NonFiniteLoss");
    deepStrictEqual(error.origin, {
      stage: { index: 1, scale: 2 },
      first: {
        kind: "activation",
        name: "blocks.1",
        part: "block 2, layer 2",
      },
    });
  },
);

await onDevices(
  ["reference in line", "cpu"],
  "an image that is not a number is named by its sample",
  async (backend) => {
    const batches = spoiledBatches(RUN.config, [3]);
    const run = started(backend, { batches });
    const { error, reports } = await until(run);
    run.dispose();
    strictEqual(reports.length, 3);
    ok(error?._tag === "NonFiniteLoss");
    let sample = -1;
    for await (const batch of syntheticBatches(RUN.config)(0, 3)) {
      if (batch._tag === "Right") sample = batch.right.indices[0]!;
      break;
    }
    deepStrictEqual(error.origin, {
      stage: { index: 0, scale: 4 },
      first: { kind: "images", name: String(sample), part: "" },
    });
  },
);

await onDevices(
  ["cpu", "wasm", "webgpu", "onnx"],
  "a gradient that leaves float32 while the losses are finite stops the run in time, and names where the backward pass left it",
  async (backend) => {
    const weights = TINY_CONFIG.model.stages.map((stage, i) => ({
      ...stage,
      weight: i === 3 ? 1e30 : 1e-30,
    }));
    const change = { model: { ...TINY_CONFIG.model, stages: weights } };
    const run = started(backend, { change });
    const before = trained(await run.snapshot());
    const { error } = await until(run);
    ok(error?._tag === "NonFiniteGradient", JSON.stringify(error));
    strictEqual(error.origin.stage, null);
    strictEqual(error.origin.first?.kind, "gradient");
    match(error.origin.first.part, /^norm and decoder of stage 4, layer 4$/);
    match(
      describeTrainError(error),
      /step 0: a gradient is not finite, though the losses are; the first number that is not finite is in the gradient of decoder\.3/,
    );
    deepStrictEqual(trained(await run.snapshot()), before);
    run.dispose();
  },
);

// Step 5 is the first of the second phase: the moments of what it froze end there.
const SPOILED = [2, 5];

await onDevices(
  ["reference in line", "cpu", "webgpu", "onnx"],
  "with skipNonFinite such steps are left out: counted, nothing moved, and the next one ends the run",
  async (backend) => {
    const tensors = backend.liveTensors();
    const batches = spoiledBatches(RUN.config, [...SPOILED, 8]);
    const run = started(backend, { batches, skipNonFinite: 2 });
    for (const step of SPOILED) {
      await takeSteps(run, step - run.step);
      const before = trained(await run.snapshot());
      const [report] = await takeSteps(run, 1);
      const after = trained(await run.snapshot());
      match(report?.skipped ?? "", /^the loss is not finite \(stage 1: NaN/);
      deepStrictEqual([report?.step, after.step], [step, step + 1]);
      strictEqual(after.skipped, SPOILED.indexOf(step) + 1);
      deepStrictEqual(after.parameters, before.parameters);
      const moved = trainableParameters(RUN.config, RUN.plan, step + 1);
      strictEqual(
        after.optimizer.size,
        stateKinds(RUN.config.optimizer).length * moved.length,
      );
      for (const [name, moment] of after.optimizer) {
        deepStrictEqual(moment, before.optimizer.get(name));
      }
    }
    const { reports, error } = await until(run);
    deepStrictEqual(reports.map(({ step }) => step), [6, 7]);
    ok(reports.every(({ skipped }) => skipped === undefined));
    ok(error?._tag === "NonFiniteLoss");
    strictEqual(error.step, 8);
    run.dispose();
    strictEqual(backend.liveTensors(), tensors);
  },
);

const without = (report: StepReport) => ({ ...report, milliseconds: null });

await onDevices(
  ["cpu", "wasm"],
  "a run that left out steps resumes bit for bit, and its checkpoints know how many",
  async (backend) => {
    const inputs = {
      batches: spoiledBatches(RUN.config, SPOILED),
      skipNonFinite: 2,
    };
    const whole = started(backend, inputs);
    const reports = (await takeSteps(whole)).map(without);
    strictEqual(reports.length, RUN.plan.totalSteps);
    const end = trained(await whole.snapshot());
    strictEqual(end.skipped, 2);
    whole.dispose();
    await inFolder(async (folder) => {
      const first = started(backend, inputs);
      for (const stop of [3, 5, 6]) {
        await takeSteps(first, stop - first.step);
        const snapshot = trained(await first.snapshot());
        const path = trained(await writeCheckpoint(folder, RUN, snapshot));
        const start = trained(await readCheckpoint(path, RUN));
        deepStrictEqual(start, snapshot);
        const rest = started(backend, { ...inputs, start });
        deepStrictEqual(
          (await takeSteps(rest)).map(without),
          reports.slice(stop),
        );
        deepStrictEqual(trained(await rest.snapshot()), end);
        rest.dispose();
      }
      first.dispose();
    });
  },
);
