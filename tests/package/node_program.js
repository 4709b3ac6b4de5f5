// A program of a user of Node: pictures, plan, plot, ten steps on each device, export.
// deno-lint-ignore-file no-console
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vit from "@vitfreeze/vitfreeze";

const source = vit.orThrow(await vit.embeddedFashionMnist());
const training = { epochs: 1, warmupEpochs: 0, batchSize: 8, accumIter: 1 };
const model = vit.MODEL_PRESETS.nano;
const config = {
  ...vit.DEFAULT_PRETRAIN_CONFIG,
  model,
  training: { ...training, seed: 0 },
};
const plan = vit.orThrow(vit.planOf(config, source.length));
const { planPlot } = await vit.plots();

async function trained(device) {
  const selected = await vit.selectBackend(device);
  const { backend } = vit.orThrow(selected);
  const workers = vit.imageWorkers(1);
  const batches = vit.orThrow(vit.batchSource(source, config, { workers }));
  const start = vit.initialSnapshot(config, plan);
  const run = vit.pretraining({ config, plan, backend, batches, start });
  const losses = [];
  for await (const taken of run) {
    losses.push(vit.orThrow(taken).loss);
    if (losses.length === 10) break;
  }
  const { parameters } = vit.orThrow(await run.snapshot());
  run.dispose();
  workers[Symbol.dispose]();
  backend.dispose();
  return { losses, parameters };
}

const losses = {};
let parameters;
for (const device of ["cpu", "wasm", "onnx"]) {
  const run = await trained(device);
  losses[device] = run.losses;
  parameters = run.parameters;
}
const folder = await mkdtemp(join(tmpdir(), "exported-"));
const exported = await vit.exportEncoder(join(folder, "encoder"), {
  model,
  parameters,
  normalization: source.normalization,
  resizeSize: model.imageSize,
  title: "nano",
  history: [],
});
const wrong = await vit.selectBackend("gpu");

/** What is said of a failure; of what throws, or does not fail, that. */
async function said(attempt) {
  try {
    const result = await attempt();
    const { describeTrainError, describeRankError } = vit;
    if (result._tag === "Right") return "no failure";
    const { left } = result;
    return left._tag === "TransportFailed"
      ? describeRankError(left)
      : describeTrainError(left);
  } catch (thrown) {
    return `thrown: ${thrown}`;
  }
}

const missing = join(folder, "missing");
const task = vit.pretrainTask({ config, plan });
const kept = { everySteps: 1, keepLast: 1, keepAtFreeze: false };
const start = vit.initialSnapshot(config, plan);
const followed = await vit.followRun(missing)();
const faults = {
  create: await said(() =>
    vit.createRunFolder(join(folder, "run"), task, start, kept)
  ),
  resume: await said(() => vit.resumeRunFolder(missing, missing, task, kept)),
  checkpoint: await said(() => vit.latestCheckpoint(missing)),
  metrics: await said(() => vit.readMetrics(join(missing, "metrics.jsonl"))),
  encoder: await said(() => vit.openEncoder(missing)),
  follow: followed.left.reason,
  ranks: await said(() => vit.joinRanks({ limitSeconds: 1 })),
};
console.log(JSON.stringify({
  deno: typeof globalThis.Deno,
  plot: planPlot(plan).startsWith("<svg"),
  losses,
  exported: vit.orThrow(exported),
  wrong: vit.describeBackendError(wrong.left),
  faults,
}));
