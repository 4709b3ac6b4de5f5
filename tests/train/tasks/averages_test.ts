import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  averageName,
  classifierParameters,
  FINETUNE_RECIPE,
  type FinetuneConfig,
  finetunePlan,
  initialParameters,
  type Result,
  right as success,
  rootKey,
} from "../../../core/mod.ts";
import { type Backend, referenceBackend } from "../../../backends/mod.ts";
import type { Batch, DataError } from "../../../data/mod.ts";
import {
  averagedParameters,
  finetuneTask,
  initialFinetune,
  orThrow,
  type Snapshot,
  train,
  trainingParts,
} from "../../../train/mod.ts";
import { decodeTraining } from "../../../train/run/training_file.ts";
import { joinedParts } from "../../../train/files/safetensors.ts";
import { faultsOf, right } from "../../right.ts";
import { onDevices } from "../devices.ts";
import { syntheticBatch, TINY_MODEL } from "../tiny_run.ts";

const SAMPLES = 8;
const DECAY = 0.75;

/** Four steps; layers freeze on the way. */
const CONFIG: FinetuneConfig = {
  ...FINETUNE_RECIPE,
  model: TINY_MODEL,
  classes: 3,
  freeze: { ...FINETUNE_RECIPE.freeze, t0: 0.4, scale: "linear" },
  rate: { ...FINETUNE_RECIPE.rate, baseRate: 0.01 },
  dropPath: 0,
  emaDecay: DECAY,
  training: {
    epochs: 2,
    warmupEpochs: 0.5,
    batchSize: 4,
    accumIter: 1,
    seed: 4,
  },
};

const RUN = { config: CONFIG, plan: right(finetunePlan(CONFIG, SAMPLES)) };
const ENCODER = initialParameters(TINY_MODEL, rootKey(8));

async function* batches(
  _epoch: number,
  fromBatch: number,
): AsyncGenerator<Result<DataError, Batch>> {
  for (let k = fromBatch; k < SAMPLES / 4; k++) {
    const indices = Int32Array.of(0, 1, 2, 3).map((i) => 4 * k + i);
    const labels = indices.map((index) => index % 3);
    yield await Promise.resolve(
      success({ ...syntheticBatch(TINY_MODEL, indices), labels }),
    );
  }
}

/** The moments after each step, the first before any. */
async function moments(
  backend: Backend,
  start: Snapshot = initialFinetune(RUN, ENCODER),
): Promise<readonly Snapshot[]> {
  const run = train(finetuneTask(RUN), { backend, batches, start });
  const all = [orThrow(await run.snapshot())];
  for await (const report of run) {
    orThrow(report);
    all.push(orThrow(await run.snapshot()));
  }
  run.dispose();
  return all;
}

await onDevices(
  ["cpu", "wasm", "webgpu"],
  "fine-tuning keeps means that begin as the weights and follow all of them, frozen ones too",
  async (backend) => {
    const before = backend.liveTensors();
    const all = await moments(backend);
    strictEqual(all.length, 5);
    const names = classifierParameters(CONFIG).map(({ name }) => name);
    for (const name of names) {
      const of =
        (kind: "parameters" | "averages", tensor: string) =>
        (moment: Snapshot) => moment[kind].get(tensor) ?? new Float32Array();
      const [weightOf, meanOf] = [
        of("parameters", name),
        of("averages", averageName(name)),
      ];
      const mean = Float64Array.from(weightOf(all[0]!));
      deepStrictEqual([...meanOf(all[0]!)], [...mean]);
      for (const moment of all.slice(1)) {
        const now = weightOf(moment);
        const kept = meanOf(moment);
        mean.forEach((value, i) => {
          mean[i] = DECAY * value + (1 - DECAY) * (now[i] ?? NaN);
          ok(Math.abs((kept[i] ?? NaN) - mean[i]!) < 1e-5, name);
        });
      }
    }
    const means = averagedParameters(all.at(-1)!);
    deepStrictEqual([...means?.keys() ?? []], names);
    strictEqual(
      means?.get("head.bias"),
      all.at(-1)!.averages.get("ema/head.bias"),
    );
    strictEqual(
      averagedParameters({ ...all.at(-1)!, averages: new Map() }),
      null,
    );
    strictEqual(backend.liveTensors(), before);
  },
);

Deno.test("fine-tuning with means goes on from a file to the same numbers, and moves the weights as without", async () => {
  const all = await moments(referenceBackend());
  const task = finetuneTask(RUN);
  const file = joinedParts(trainingParts(task, { snapshot: all[3]! }));
  const read = decodeTraining(task, file);
  if (read._tag === "Left") throw new Error(read.left.reason);
  const rest = await moments(referenceBackend(), read.right.snapshot);
  deepStrictEqual(rest.at(-1), all.at(-1));

  const config = { ...CONFIG, emaDecay: null };
  const plain = { ...RUN, config };
  const run = train(finetuneTask(plain), {
    backend: referenceBackend(),
    batches,
    start: initialFinetune(plain, ENCODER),
  });
  for await (const report of run) orThrow(report);
  const end = orThrow(await run.snapshot());
  run.dispose();
  deepStrictEqual(end, { ...all.at(-1)!, averages: new Map() });
});

Deno.test("finetunePlan() refuses a mean that never moves or keeps nothing", () => {
  for (const emaDecay of [0, 1, NaN]) {
    deepStrictEqual(
      faultsOf(finetunePlan({ ...CONFIG, emaDecay }, SAMPLES)),
      [`emaDecay: found ${emaDecay}, wanted a number in (0, 1), or null`],
    );
  }
});
