import { match, ok, strictEqual } from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { loadTurboLibrary } from "../../data/decode/turbo_library.ts";
import { encode, waves } from "../data/photographs.ts";
import { addressOf, ROOT } from "../programs.ts";
import { value } from "../backends/contract.ts";
import { selectBackend } from "../../backends/mod.ts";
import { runElsewhere } from "./elsewhere.ts";

/** Two steps on the embedded pictures, prepared by a worker; prints the engine and the step. */
const training = (specifier: string): string => `
import * as vit from "${specifier}";
const source = vit.orThrow(await vit.embeddedFashionMnist());
const config = {
  ...vit.DEFAULT_PRETRAIN_CONFIG,
  model: { ...vit.MODEL_PRESETS.nano, depth: 2, stageEnds: [1, 2] },
  training: { ...vit.DEFAULT_PRETRAIN_CONFIG.training, batchSize: 4, accumIter: 1 },
};
const plan = vit.orThrow(vit.planOf(config, source.length));
const { backend, why } = vit.orThrow(await vit.selectBackend("onnx", { threads: 1 }));
const batches = vit.orThrow(vit.batchSource(source, config, { workers: 1 }));
const start = vit.initialSnapshot(config, plan);
for await (const taken of vit.pretraining({ config, plan, backend, batches, start })) {
  const { step, loss } = vit.orThrow(taken);
  if (step < 2) continue;
  console.log(why, "step", step, Number.isFinite(loss));
  break;
}
backend.dispose();
`;
