import {
  deepStrictEqual,
  notDeepStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import type { Backend } from "../../../backends/backend.ts";
import {
  layerOfOwner,
  parameterSpecs,
  phaseAt,
  ratesAt,
  stateKinds,
  stateName,
} from "../../../core/mod.ts";
import {
  initialSnapshot,
  pretraining,
  type Snapshot,
  type StepReport,
} from "../../../train/mod.ts";
import { onDevices } from "../devices.ts";
import {
  startTiny,
  syntheticBatches,
  takeSteps,
  TINY_CONFIG,
  type TinyRun,
  tinyRun,
  trained,
} from "../tiny_run.ts";

/** A whole run: what each step said and the state before and after it. */
async function wholeRun(
  backend: Backend,
  run: TinyRun,
): Promise<{ reports: StepReport[]; snapshots: Snapshot[] }> {
  const training = startTiny(backend, run);
  const reports: StepReport[] = [];
  const snapshots = [trained(await training.snapshot())];
  for await (const report of training) {
    reports.push(trained(report));
    snapshots.push(trained(await training.snapshot()));
  }
  training.dispose();
  return { reports, snapshots };
}

/** Names of the parameters that differ between two moments. */
const changed = (before: Snapshot, after: Snapshot): readonly string[] =>
  [...before.parameters].filter(([name, data]) =>
    String(data) !== String(after.parameters.get(name))
  ).map(([name]) => name);

await onDevices(
  ["reference", "cpu", "wasm", "webgpu", "onnx"],
  "pretraining() lowers the loss of the stage that lives longest",
  async (backend) => {
    const run = tinyRun({
      training: { ...TINY_CONFIG.training, epochs: 8 },
    });
    const training = startTiny(backend, run);
    const reports = await takeSteps(training);
    training.dispose();
    strictEqual(reports.length, run.plan.totalSteps);
    const [first, last] = [reports.slice(0, 6), reports.slice(-6)].map((part) =>
      part.reduce((sum, { stageLosses }) => sum + (stageLosses[3] ?? NaN), 0)
    );
    ok((last ?? NaN) < 0.8 * (first ?? NaN), `from ${first} to ${last}`);
  },
);

for (const classToken of ["withLayer0", "neverFrozen"] as const) {
  const run = tinyRun({ freeze: { ...TINY_CONFIG.freeze, classToken } });

  await onDevices(
    ["reference", "cpu", "webgpu", "onnx"],
    `pretraining() moves just the unfrozen layers (class token ${classToken})`,
    async (backend) => {
      const { snapshots } = await wholeRun(backend, run);
      const layerOf = layerOfOwner(run.plan);
      run.plan.phases.slice(1).forEach((phase) => {
        for (let step = phase.from; step < phase.to; step++) {
          const moving = parameterSpecs(run.config.model)
            .filter(({ owner }) =>
              (layerOf(owner) ?? Infinity) >= phase.frozenLayers
            ).map(({ name }) => name);
          const [before, after] = [snapshots[step], snapshots[step + 1]];
          if (before === undefined || after === undefined) throw step;
          deepStrictEqual(changed(before, after), moving, `step ${step}`);
        }
      });
      ok(run.plan.phases.length === 5);
    },
  );
}

await onDevices(
  ["cpu", "webgpu", "onnx"],
  "pretraining() keeps optimizer state of what moves only",
  async (backend) => {
    const run = tinyRun();
    const { snapshots } = await wholeRun(backend, run);
    const layerOf = layerOfOwner(run.plan);
    snapshots.slice(1).forEach(({ optimizer }, step) => {
      const { frozenLayers } = phaseAt(run.plan)(step);
      const wanted = parameterSpecs(run.config.model)
        .filter(({ owner }) => (layerOf(owner) ?? Infinity) >= frozenLayers)
        .flatMap(({ name }) =>
          stateKinds(run.config.optimizer).map((kind) => stateName(kind, name))
        );
      deepStrictEqual(
        [...optimizer.keys()].sort(),
        wanted.sort(),
        `step ${step}`,
      );
    });
  },
);

await onDevices(
  ["cpu"],
  "pretraining() reports phase, live stages and rates of the plan",
  async (backend) => {
    const run = tinyRun();
    const { reports } = await wholeRun(backend, run);
    deepStrictEqual(reports.map(({ step }) => step), [...Array(12).keys()]);
    for (const report of reports) {
      const phase = phaseAt(run.plan)(report.step);
      const rates = ratesAt(run.plan)(report.step);
      deepStrictEqual(report.rates, rates.layers);
      strictEqual(report.unfrozenRate, rates.unfrozen);
      strictEqual(report.phase, phase.index);
      strictEqual(report.frozenLayers, phase.frozenLayers);
      deepStrictEqual(report.liveStages, phase.liveStages);
      deepStrictEqual(
        Object.keys(report.stageLosses),
        phase.liveStages.map(String),
      );
      strictEqual(report.epoch, Math.floor(report.step / 6));
    }
    deepStrictEqual(
      run.plan.phases.map(({ from, liveStages }) => [from, liveStages.length]),
      [[0, 4], [5, 4], [7, 3], [9, 2], [11, 1]],
    );
  },
);

await onDevices(
  ["cpu"],
  "pretraining() draws other masks and images for another seed",
  async (backend) => {
    const losses = async (seed: number) => {
      const run = tinyRun({ training: { ...TINY_CONFIG.training, seed } });
      const training = startTiny(backend, run);
      const reports = await takeSteps(training, 2);
      training.dispose();
      return reports.map(({ loss }) => loss);
    };
    deepStrictEqual(await losses(1), await losses(1));
    notDeepStrictEqual(await losses(1), await losses(2));
  },
);

await onDevices(
  ["cpu"],
  "pretraining() goes on where the loop was left, and ends its images",
  async (backend) => {
    const run = tinyRun();
    let [opened, closed] = [0, 0];
    const batches = syntheticBatches(run.config);
    const training = pretraining({
      ...run,
      backend,
      start: initialSnapshot(run.config, run.plan),
      batches: async function* (epoch, from) {
        opened++;
        try {
          yield* batches(epoch, from);
        } finally {
          closed++;
        }
      },
    });
    const pieces = [];
    for (const count of [1, 4, 3, 4]) {
      pieces.push(...await takeSteps(training, count));
    }
    strictEqual(training.step, 12);
    deepStrictEqual(await takeSteps(training), [], "nothing is left to do");
    training.dispose();
    deepStrictEqual([opened, closed], [5, 5]);
    const { reports } = await wholeRun(backend, run);
    deepStrictEqual(
      pieces.map(({ step, loss }) => [step, loss]),
      reports.map(({ step, loss }) => [step, loss]),
    );
  },
);
