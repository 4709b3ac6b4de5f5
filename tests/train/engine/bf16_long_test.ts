import { notDeepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { webgpuBackend } from "../../../backends/webgpu/webgpu_backend.ts";
import type { Backend } from "../../../backends/backend.ts";
import {
  batchSource,
  DEFAULT_PRETRAIN_CONFIG,
  embeddedFashionMnist,
  initialSnapshot,
  MODEL_PRESETS,
  orThrow,
  planOf,
  type PretrainConfig,
  pretrainTask,
  rootKey,
  shareSource,
  train,
} from "../../../mod.ts";

const STEPS = 200;

/** Steps at the end whose mean loss counts. */
const LAST = 20;

const BATCH = 4;

const CONFIG: PretrainConfig = {
  ...DEFAULT_PRETRAIN_CONFIG,
  model: MODEL_PRESETS.nano,
  training: {
    ...{ epochs: 1, warmupEpochs: 0.1, batchSize: BATCH, accumIter: 1 },
    seed: 0,
  },
};

async function lossesOn(backend: Backend): Promise<readonly number[]> {
  const all = orThrow(await embeddedFashionMnist());
  const source = orThrow(shareSource(all, STEPS * BATCH, rootKey(0)));
  const plan = orThrow(planOf(CONFIG, source.length));
  const run = train(pretrainTask({ config: CONFIG, plan }), {
    backend,
    batches: orThrow(batchSource(source, CONFIG)),
    start: initialSnapshot(CONFIG, plan),
    ahead: backend.runsAhead ?? 0,
  });
  const losses: number[] = [];
  for await (const step of run) losses.push(orThrow(step).loss);
  run.dispose();
  return losses;
}

const meanOfLast = (losses: readonly number[]): number =>
  losses.slice(-LAST).reduce((sum, loss) => sum + loss, 0) / LAST;

const full = await webgpuBackend();

Deno.test({
  name:
    `nano with activations in bfloat16 has the loss of 32 bits after ${STEPS} steps, to 1 %`,
  ignore: full._tag === "Left",
  fn: async () => {
    const half = orThrow(await webgpuBackend({ precision: "bf16" }));
    const wanted = await lossesOn(orThrow(full));
    const found = await lossesOn(half);
    strictEqual(found.length, STEPS);
    notDeepStrictEqual(found, wanted, "nothing was rounded");
    const ratio = meanOfLast(found) / meanOfLast(wanted);
    ok(Math.abs(ratio - 1) < 0.01, `off by a factor of ${ratio}`);
  },
});
