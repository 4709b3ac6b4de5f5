import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { Backend, Program } from "../../../backends/backend.ts";
import { left, right } from "../../../core/mod.ts";
import {
  describeTrainError,
  initialSnapshot,
  pretraining,
  type StepReport,
  type TrainError,
  type Training,
} from "../../../train/mod.ts";
import { readCheckpoint } from "../../../train/checkpoint/read_checkpoint.ts";
import { writeCheckpoint } from "../../../train/checkpoint/write_checkpoint.ts";
import { onDevices } from "../devices.ts";
import { inFolder } from "../temporary_folder.ts";
import { syntheticBatches, takeSteps, tinyRun, trained } from "../tiny_run.ts";

const RUN = tinyRun();

/** The next thing that happens in a run. */
async function next(run: Training) {
  for await (const report of run) return report;
  throw new Error("the run has ended");
}

function errorOf(result: Awaited<ReturnType<typeof next>>): TrainError {
  if (result._tag === "Left") return result.left;
  throw new Error(`step ${result.right.step} succeeded`);
}

/** A run in which the images of one step cannot be learned from, once. */
function spoiledOnce(backend: Backend, step: number): Training {
  const batches = syntheticBatches(RUN.config);
  let spoiled = false;
  return pretraining({
    ...RUN,
    backend,
    start: initialSnapshot(RUN.config, RUN.plan),
    batches: async function* (epoch, from) {
      let number = epoch * 6 + from;
      for await (const batch of batches(epoch, from)) {
        if (number++ !== step || spoiled || batch._tag === "Left") yield batch;
        else {
          spoiled = true;
          const images = batch.right.images.map(() => NaN);
          yield right({ ...batch.right, images });
        }
      }
    },
  });
}

for (const step of [2, 5]) {
  await onDevices(
    ["reference in line", "cpu", "wasm", "onnx"],
    `an image that is not a number stops step ${step} with NonFiniteLoss; the state before it can be saved and goes on`,
    async (backend) => {
      const tensors = backend.liveTensors();
      const run = spoiledOnce(backend, step);
      await takeSteps(run, step);
      const before = trained(await run.snapshot());
      const error = errorOf(await next(run));
      strictEqual(error._tag, "NonFiniteLoss");
      match(
        describeTrainError(error),
        new RegExp(`step ${step}: .*stage 2: NaN`),
      );
      const after = trained(await run.snapshot());
      deepStrictEqual(after, before);
      await inFolder(async (folder) => {
        const path = trained(await writeCheckpoint(folder, RUN, after));
        deepStrictEqual(trained(await readCheckpoint(path, RUN)), before);
      });
      const [report] = await takeSteps(run, 1);
      strictEqual(report?.step, step);
      run.dispose();
      strictEqual(backend.liveTensors(), tensors);
    },
  );
}

await onDevices(
  ["cpu"],
  "snapshot() refuses a parameter that is not a number",
  async (backend) => {
    const start = initialSnapshot(RUN.config, RUN.plan);
    start.parameters.get("blocks.2.mlp.fc1.bias")?.fill(NaN, 1, 2);
    const run = pretraining({
      ...RUN,
      backend,
      start,
      batches: syntheticBatches(RUN.config),
    });
    const snapshot = await run.snapshot();
    run.dispose();
    deepStrictEqual(
      snapshot,
      left({
        _tag: "NonFiniteParameter",
        step: 0,
        name: "blocks.2.mlp.fc1.bias",
      }),
    );
  },
);

await onDevices(
  ["cpu"],
  "an image that cannot be read, and images that end too early, stop the step by name",
  async (backend) => {
    const start = initialSnapshot(RUN.config, RUN.plan);
    const unreadable = left(
      {
        _tag: "BadImage",
        image: "cat.jpg",
        reason: "it is empty",
      } as const,
    );
    const sources = [
      async function* () {
        yield await Promise.resolve(unreadable);
      },
      async function* () {},
    ];
    const texts: string[] = [];
    for (const batches of sources) {
      const run = pretraining({ ...RUN, backend, start, batches });
      texts.push(describeTrainError(errorOf(await next(run))));
      run.dispose();
    }
    match(texts[0] ?? "", /cat\.jpg.*it is empty/);
    match(texts[1] ?? "", /image source.*before step 0/);
  },
);

/** A backend whose programs fail, or give tensors that cannot be read, at one call. */
function failing(backend: Backend, call: number, how: "run" | "read"): Backend {
  let calls = 0;
  const fail = (program: Program): Program => ({
    ...program,
    run: async (inputs) => {
      const isHere = calls++ === call;
      if (isHere && how === "run") {
        const [device, reason] = ["broken", "it was unplugged"];
        return left({ _tag: "ExecutionFailed", device, reason });
      }
      const outputs = await program.run(inputs);
      if (!isHere || outputs._tag === "Left") return outputs;
      return right(
        new Map([...outputs.right].map(([name, tensor]) => [name, {
          ...tensor,
          read: () => Promise.reject(new Error("it was unplugged")),
        }])),
      );
    },
  });
  return {
    ...backend,
    compile: async (graph, options) => {
      const program = await backend.compile(graph, options);
      return program._tag === "Left" ? program : right(fail(program.right));
    },
  };
}

const accumulating = tinyRun({
  training: { ...RUN.config.training, accumIter: 2 },
});

// Each step runs gradient, gradient, sum, squares, update.
for (
  const [call, how] of [
    [5, "run"],
    [6, "run"],
    [7, "run"],
    [8, "run"],
    [9, "run"],
    [8, "read"],
  ] as const
) {
  await onDevices(
    ["cpu"],
    `an engine that fails at call ${call} (${how}) is an error; state and tensors are those before the step`,
    async (backend) => {
      const tensors = backend.liveTensors();
      const run = pretraining({
        ...accumulating,
        backend: failing(backend, call, how),
        start: initialSnapshot(accumulating.config, accumulating.plan),
        batches: syntheticBatches(accumulating.config),
      });
      await takeSteps(run, 1);
      const [before, alive] = [
        trained(await run.snapshot()),
        backend.liveTensors(),
      ];
      const error = errorOf(await next(run));
      match(describeTrainError(error), /it was unplugged/);
      deepStrictEqual(trained(await run.snapshot()), before);
      strictEqual(backend.liveTensors(), alive);
      const reports: readonly StepReport[] = await takeSteps(run, 1);
      strictEqual(reports[0]?.step, 1);
      run.dispose();
      strictEqual(backend.liveTensors(), tensors);
    },
  );
}
