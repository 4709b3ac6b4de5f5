import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend, HostInput } from "../../../backends/backend.ts";
import { epochOrder, type FinetuneConfig, right } from "../../../core/mod.ts";
import {
  sharedBatches,
  sharedIndices,
} from "../../../data/loader/step_rows.ts";
import type { Ranks } from "../../../ranks/mod.ts";
import {
  type BatchSource,
  finetuneTask,
  initialFinetune,
  type StepReport,
  train,
} from "../../../train/mod.ts";
import { localRanks } from "../../ranks/local_ranks.ts";
import { onDevices } from "../devices.ts";
import {
  CONFIG,
  ENCODER,
  labelled,
  runOf,
  SAMPLES,
  take,
} from "./tiny_finetune.ts";

/** Steps of one batch that ranks share, and of several of which each has whole ones. */
const sharedBy = (batchSize: number, accumIter: number): FinetuneConfig => ({
  ...CONFIG,
  training: { ...CONFIG.training, batchSize, accumIter },
});

/** Pictures with labels, each rank its own ones. */
const batches = ({ training: { seed } }: FinetuneConfig): BatchSource =>
  async function* (epoch, from, _pixels, rows) {
    const order = epochOrder(seed, epoch, SAMPLES);
    const count = rows === undefined ? 0 : sharedBatches(SAMPLES, rows);
    for (let k = from; rows !== undefined && k < count; k++) {
      yield right(labelled(sharedIndices(order, rows, k)));
    }
  };

/** What each sample of an epoch became, by `epoch/sample`, as text. */
type Inputs = Map<string, string>;

/** Rows of the inputs of a batch: the mixed picture, its target, its branches. */
function rowsOf(
  inputs: Readonly<Record<string, HostInput>>,
  at: number,
  length: number,
): string {
  const rows = Object.values(inputs).map(({ data }) => {
    const size = data.length / length;
    return Array.from(data.subarray(at * size, (at + 1) * size), Number);
  });
  return JSON.stringify(rows);
}

/** Fine-tunes on one rank; gives its steps and puts down what its samples became. */
async function finetuned(
  backend: Backend,
  ranks: Ranks,
  config: FinetuneConfig,
  seen: Inputs,
): Promise<readonly StepReport[]> {
  const run = runOf(config);
  const task = finetuneTask(run);
  const watched: typeof task = {
    ...task,
    inputs: (placed) => {
      const inputs = task.inputs(placed);
      if (inputs._tag === "Left") return inputs;
      const { item: { indices }, epoch } = placed;
      indices.forEach((index, at) =>
        seen.set(
          `${epoch}/${index}`,
          rowsOf(inputs.right, at, indices.length),
        )
      );
      return inputs;
    },
  };
  const start = initialFinetune(run, ENCODER);
  const options = { backend, start, ranks, batches: batches(config) };
  const going = train(watched, options);
  const reports = await take(going);
  going.dispose();
  return reports;
}

async function runOn(backend: Backend, size: number, config: FinetuneConfig) {
  const seen: Inputs = new Map();
  const all = await Promise.all(
    localRanks(size).map((ranks) => finetuned(backend, ranks, config, seen)),
  );
  return { all, seen };
}

/** AdamW divides by the size of gradients, so their rounding grows from step to step. */
const ROUNDING = 1e-4;

await onDevices(
  ["cpu"],
  "fine-tuning on 1, 2 and 3 ranks mixes the same pairs with the same weights, to the bit, and has the same losses but for rounding (1e-4)",
  async (backend) => {
    for (
      const [config, sizes] of [
        [sharedBy(6, 1), [2, 3]],
        [sharedBy(2, 2), [2]],
      ] as const
    ) {
      const one = await runOn(backend, 1, config);
      const epochs = config.training.epochs;
      strictEqual(one.seen.size, epochs * SAMPLES);
      for (const size of sizes) {
        const { all, seen } = await runOn(backend, size, config);
        deepStrictEqual(
          [...seen].toSorted(([a], [b]) => a < b ? -1 : 1),
          [...one.seen].toSorted(([a], [b]) => a < b ? -1 : 1),
        );
        for (const reports of all) {
          const losses = reports.map(({ loss }) => loss);
          deepStrictEqual(losses, all[0]!.map(({ loss }) => loss));
          one.all[0]!.forEach(({ loss }, step) => {
            const apart = Math.abs(loss - losses[step]!) / loss;
            ok(apart <= ROUNDING, `step ${step} of ${size} ranks: ${apart}`);
          });
        }
      }
    }
  },
);
