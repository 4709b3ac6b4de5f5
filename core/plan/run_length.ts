/** Length of a run in optimizer steps. */
import type { TrainingConfig } from "../config/parts.ts";
import { type Faults, left, type Result, right } from "../result.ts";
import type { PlanConfig } from "./plan.ts";

/**
 * Optimizer steps of an epoch; samples that fill no whole step are dropped.
 *
 * @param training Batch size and accumulation.
 * @returns `⌊samples / (batchSize·accumIter)⌋`.
 */
export function stepsPerEpoch(
  { batchSize, accumIter }: Pick<TrainingConfig, "batchSize" | "accumIter">,
  samples: number,
): number {
  return Math.floor(samples / (batchSize * accumIter));
}

/** Length of a run in optimizer steps, or that an epoch has none. */
export function runLength(
  training: Omit<TrainingConfig, "accumIter" | "seed"> & {
    readonly accumIter?: number;
  },
  samples: number,
): Result<Faults, Pick<PlanConfig, "totalSteps" | "warmupSteps">> {
  const { epochs, warmupEpochs, batchSize, accumIter } = training;
  const least = batchSize * (accumIter ?? 1);
  const steps = Math.floor(samples / least);
  return Number.isSafeInteger(samples) && steps >= 1
    ? right({
      totalSteps: epochs * steps,
      warmupSteps: Math.round(warmupEpochs * steps),
    })
    : left([{
      _tag: "OutOfRange",
      path: "samples",
      found: samples,
      wanted: `a whole number of at least ${least} ${
        accumIter === undefined
          ? "(batchSize)"
          : "(batchSize · accumIter): an epoch has at least one step"
      }`,
    }]);
}
