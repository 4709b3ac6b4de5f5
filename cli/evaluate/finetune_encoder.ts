/** Fine-tuning of an encoder with a classification head. */
import type { DeviceTensors } from "../../backends/mod.ts";
import {
  type FinetuneConfig,
  finetunePlan,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  averagedParameters,
  classifierAccuracy,
  classLoss,
  finetuneBatches,
  type FinetuneRun,
  finetuneTask,
  initialFinetune,
  type Scores,
  stepFlops,
  type TopAccuracies,
  type TrainError,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import type { RunLoading } from "../images/loading.ts";
import type { Evaluator } from "../runs/epoch_evaluation.ts";
import type { PlannedRun } from "../runs/planned_run.ts";
import { percent } from "../output/words.ts";
import type { EvaluatedEncoder } from "./open_evaluation.ts";
import { validationBatches } from "./features.ts";

/** Accuracies of a fine-tuned encoder. */
export interface FinetunedAccuracies extends TopAccuracies {
  /** Accuracies of the running means of the weights; `null` if none were kept. */
  readonly ema: TopAccuracies | null;
  /** Mean loss over the last epoch, if it is on record. */
  readonly loss?: number;
}

/** A planned fine-tuning. */
export interface PlannedFinetuning extends PlannedRun, FinetuneRun {
  readonly plan: FinetuneRun["plan"];
  readonly evaluated: EvaluatedEncoder;
}

/** Accuracies from the scores of fine-tuning. */
export function finetunedAccuracies(scores: Scores): FinetunedAccuracies {
  const { top1 = NaN, top5 = NaN, emaTop1, emaTop5 = NaN, loss } = scores;
  return {
    ...{ top1, top5 },
    ema: emaTop1 === undefined ? null : { top1: emaTop1, top5: emaTop5 },
    ...loss === undefined ? {} : { loss },
  };
}

/** Evaluates on the validation images: the weights, and their means if there are any. */
function finetuneEvaluator(
  evaluated: EvaluatedEncoder,
  config: FinetuneConfig,
): Evaluator {
  const { batchSize } = config.training;
  const batchesFor = mustWork(validationBatches(evaluated, batchSize));
  return {
    async scores(training, backend, signal, ranks, onProgress) {
      const of = async (
        parameters: DeviceTensors,
      ): Promise<Result<TrainError, TopAccuracies>> => {
        const { batches, noted } = batchesFor(ranks);
        return await noted(
          await classifierAccuracy(
            ...[backend, config, parameters, batches, batchSize] as const,
            { signal, ranks, onProgress },
          ),
        );
      };
      const own = await of(training.parameters());
      if (own._tag === "Left") return own;
      const means = averagedParameters(training.state());
      if (means === null) return right({ ...own.right });
      const ema = await of(means);
      return ema._tag === "Left" ? ema : right({
        ...own.right,
        ...{ emaTop1: ema.right.top1, emaTop5: ema.right.top5 },
      });
    },
    words: ({ top1 = NaN }) => `top-1 ${percent(top1, 2)}`,
  };
}

/**
 * Plans the fine-tuning of an encoder, which is evaluated after every epoch.
 *
 * @param evaluated Encoder and images.
 * @param config The training; its model is the encoder's.
 * @param loading Loading of the training images.
 * @throws {CommandFailed} where there is no such training.
 */
export function plannedFinetuning(
  evaluated: EvaluatedEncoder,
  config: FinetuneConfig,
  loading: RunLoading,
): PlannedFinetuning {
  const { train, encoder, classes } = evaluated;
  const plan = must(finetunePlan(config, train.length));
  const run = { config, plan };
  const task = finetuneTask(run);
  return {
    ...run,
    ...{ task, evaluated, train, loading },
    batches: must(finetuneBatches(train, config, loading)),
    start: initialFinetune(run, encoder.parameters),
    losses: classLoss(classes),
    costOf: stepFlops(task),
    evaluator: finetuneEvaluator(evaluated, config),
    words: [],
  };
}
