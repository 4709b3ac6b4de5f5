/**
 * A fine-tuning of six steps.
 *
 * @module
 */
import {
  epochOrder,
  FINETUNE_RECIPE,
  type FinetuneConfig,
  finetunePlan,
  type FreezePlan,
  initialParameters,
  type Result,
  right as success,
  rootKey,
} from "../../../core/mod.ts";
import type { Backend } from "../../../backends/mod.ts";
import type { Batch, DataError } from "../../../data/mod.ts";
import {
  type BatchSource,
  type FinetuneRun,
  finetuneTask,
  initialFinetune,
  orThrow,
  type Snapshot,
  type StepReport,
  train,
  type Training,
} from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { syntheticBatch, TINY_MODEL } from "../tiny_run.ts";

/** Samples of an epoch. */
export const SAMPLES = 12;

/** Two epochs of three steps of two batches; layers freeze at steps 3, 4 and 5. */
export const CONFIG: FinetuneConfig = {
  ...FINETUNE_RECIPE,
  model: TINY_MODEL,
  classes: 3,
  freeze: { ...FINETUNE_RECIPE.freeze, t0: 0.4, scale: "linear" },
  rate: { ...FINETUNE_RECIPE.rate, baseRate: 0.01 },
  dropPath: 0.3,
  training: {
    epochs: 2,
    warmupEpochs: 0.34,
    batchSize: 2,
    accumIter: 2,
    seed: 4,
  },
};

/** A configuration with its plan. */
export const runOf = (
  config: FinetuneConfig,
): FinetuneRun & { readonly plan: FreezePlan } => ({
  config,
  plan: right(finetunePlan(config, SAMPLES)),
});

/** `CONFIG` with its plan. */
export const RUN = runOf(CONFIG);

/** Pictures whose class shows in their brightness. */
export function labelled(indices: Int32Array): Batch {
  const batch = syntheticBatch(TINY_MODEL, indices);
  const labels = indices.map((index) => index % 3);
  const size = batch.images.length / indices.length;
  const images = batch.images.map((v, i) =>
    v + 2 * labels[Math.floor(i / size)]! - 2
  );
  return { ...batch, images, labels };
}

/** Batches of such pictures. */
export const batchesOf = (
  { training: { seed, batchSize } }: FinetuneConfig,
): BatchSource =>
  async function* (epoch, fromBatch) {
    const order = epochOrder(seed, epoch, SAMPLES);
    for (let k = fromBatch; (k + 1) * batchSize <= SAMPLES; k++) {
      yield success(
        labelled(order.slice(k * batchSize, (k + 1) * batchSize)),
      ) as Result<DataError, Batch>;
    }
  };

/** What is fine-tuned. */
export const ENCODER = initialParameters(TINY_MODEL, rootKey(8));

/** Fine-tuning that has not begun. */
export const started = (
  backend: Backend,
  run = RUN,
  start: Snapshot = initialFinetune(run, ENCODER),
  batches: BatchSource = batchesOf(run.config),
): Training => train(finetuneTask(run), { backend, batches, start });

/** Takes up to `count` further steps. */
export async function take(
  run: Training,
  count = Infinity,
): Promise<readonly StepReport[]> {
  const reports: StepReport[] = [];
  if (count === 0) return reports;
  for await (const report of run) {
    if (reports.push(orThrow(report)) === count) break;
  }
  return reports;
}
