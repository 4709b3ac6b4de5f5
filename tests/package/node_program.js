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
console.log(JSON.stringify({
  deno: typeof globalThis.Deno,
  plot: planPlot(plan).startsWith("<svg"),
  losses,
  exported: vit.orThrow(exported),
  wrong: vit.describeBackendError(wrong.left),
}));
