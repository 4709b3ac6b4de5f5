/**
 * Tiny trainings of several ranks within this process, all on one engine.
 *
 * @module
 */
import type { Backend } from "../../../backends/backend.ts";
import type { PretrainConfig } from "../../../core/mod.ts";
import type { Batch } from "../../../data/mod.ts";
import type { Ranks } from "../../../ranks/mod.ts";
import type { TrainOptions } from "../../../train/engine/loop.ts";
import type { StepReport, Training } from "../../../train/mod.ts";
import { localRanks } from "../../ranks/local_ranks.ts";
import { startTiny, TINY_CONFIG, tinyRun, trained } from "../tiny_run.ts";

/** Twelve samples an epoch: three steps of `accumIter` micro-batches. */
export const configOf = (
  batchSize: number,
  accumIter: number,
): Partial<PretrainConfig> => ({
  training: { ...TINY_CONFIG.training, batchSize, accumIter, epochs: 4 },
  // Adam enlarges the rounding of the smallest gradients.
  optimizer: { _tag: "Sgd", momentum: 0.9, weightDecay: 0 },
});

/** What a rank has at the end. */
export interface Ended {
  readonly reports: readonly StepReport[];
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly bytes: number;
}

/** Takes all steps of a rank, and gives its tensors back. */
export async function ended(
  training: Training,
  ranks: Ranks,
  onStep: (report: StepReport, ranks: Ranks) => void = () => {},
): Promise<Ended> {
  const reports: StepReport[] = [];
  for await (const taken of training) {
    const report = trained(taken);
    onStep(report, ranks);
    reports.push(report);
  }
  const { parameters } = trained(await training.snapshot());
  training.dispose();
  return { reports, parameters, bytes: ranks.traffic.bytes };
}

/** Trains on some ranks. */
export function runOn(
  backend: Backend,
  size: number,
  config: Partial<PretrainConfig>,
  onStep?: (report: StepReport, ranks: Ranks) => void,
  options: Partial<TrainOptions<Batch>> = {},
): Promise<readonly Ended[]> {
  const run = tinyRun(config);
  // As many threads for all ranks together, however many there are.
  const engine = { ...backend, parallelRuns: 1 };
  return Promise.all(
    localRanks(size).map((ranks) =>
      ended(
        startTiny(engine, run, undefined, { ...options, ranks }),
        ranks,
        onStep,
      )
    ),
  );
}
