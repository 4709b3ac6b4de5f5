/** Losses of the card's training beside those of a processor, and with activations in bfloat16. */
import type { Backend } from "../../../backends/backend.ts";
import { type HostTensors, orThrow, train } from "../../../train/mod.ts";
import type { Batch } from "../../../data/mod.ts";
import {
  type BenchedRun,
  benchedRun,
  cheapParameters,
  randomBatches,
  repeated,
  startOf,
} from "./benched_run.ts";
import { enginesHere, firstOf } from "./engines.ts";
import { type Facts, type Part, short } from "../part.ts";

/** A training whose losses are compared. */
interface Compared {
  readonly run: BenchedRun;
  readonly parameters: HostTensors;
  readonly batches: readonly Batch[];
}

/** Losses of the first steps. */
async function lossesOf(
  backend: Backend,
  { run, parameters, batches }: Compared,
  steps: number,
): Promise<readonly number[]> {
  const training = train(run.task, {
    ...{ backend, batches: repeated(batches) },
    start: startOf(run, parameters),
    ahead: backend.runsAhead ?? 0,
  });
  const losses: number[] = [];
  try {
    for await (const step of training) {
      losses.push(orThrow(step).loss);
      if (losses.length === steps) break;
    }
    return losses;
  } finally {
    training.dispose();
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

/** The largest difference of two sequences, relative to the second. */
export const largestDifference = (
  ours: readonly number[],
  theirs: readonly number[],
): number =>
  Math.max(
    ...theirs.map((value, i) => Math.abs((ours[i] ?? NaN) - value) / value),
  );

/** How far the end of one sequence is from that of another, relative to it. */
export function endDifference(
  ours: readonly number[],
  theirs: readonly number[],
): number {
  const last = Math.max(1, Math.ceil(theirs.length / 10));
  const [a, b] = [ours, theirs].map((losses) => mean(losses.slice(-last)));
  return Math.abs(a! - b!) / b!;
}

/** The losses of `nano` on pictures of noise. */
export const LOSSES: Part = {
  name: "losses",
  about: "losses of the card beside a processor's, and with bfloat16",
  share: 7,
  measure: async ({ isTiny, note }) => {
    const engines = enginesHere();
    const model = isTiny ? "tiny" : "nano";
    const [batchSize, few, many] = isTiny ? [2, 4, 6] : [32, 50, 200];
    const run = benchedRun(model, batchSize, 0);
    const compared: Compared = {
      run,
      parameters: cheapParameters(run.model),
      batches: randomBatches(run.model, batchSize, 4),
    };
    const card = await engines.of({ device: "webgpu" });
    const ours = await lossesOf(card, compared, many);
    const facts: Record<string, Facts> = {
      float32: { steps: many, first: ours[0], last: ours.at(-1) },
    };
    note({ model, batchSize, ...facts });
    const half = await lossesOf(
      await engines.of({ device: "webgpu", precision: "bf16" }),
      compared,
      many,
    );
    facts["bf16"] = {
      steps: many,
      last: half.at(-1),
      relativeDifferenceAtEnd: short(endDifference(half, ours)),
      isWithinOnePercent: endDifference(half, ours) < 0.01,
    };
    note({ model, batchSize, ...facts });
    const processor = await firstOf(
      engines,
      isTiny ? ["cpu"] : ["onnx", "cpu"],
    );
    const theirs = await lossesOf(processor, compared, few);
    facts["processor"] = {
      device: processor.device.name,
      steps: few,
      largestRelativeDifference: short(
        largestDifference(ours.slice(0, few), theirs),
      ),
      ours: ours.slice(0, few),
      theirs,
    };
    note({ model, batchSize, ...facts });
  },
};
