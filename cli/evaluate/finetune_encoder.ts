/** What an encoder becomes when it learns classes with a head on it. */
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
import type { Judge } from "../runs/epoch_evaluation.ts";
import type { PlannedRun } from "../runs/open_run.ts";
import { percent } from "../output/words.ts";
import type { JudgedEncoder } from "./open_evaluation.ts";
import { validationBatches } from "./features.ts";

/** What fine-tuning made of an encoder. */
export interface FinetunedAccuracies extends TopAccuracies {
  /** Accuracies of the running means of the weights; `null` if none were kept. */
  readonly ema: TopAccuracies | null;
  /** Mean loss over the last epoch, if it is on record. */
  readonly loss?: number;
}

/** A planned fine-tuning. */
export interface PlannedFinetuning extends PlannedRun, FinetuneRun {
  readonly plan: FinetuneRun["plan"];
  readonly judged: JudgedEncoder;
}

/** The accuracies that scores of fine-tuning tell. */
export function finetunedAccuracies(scores: Scores): FinetunedAccuracies {
  const { top1 = NaN, top5 = NaN, emaTop1, emaTop5 = NaN, loss } = scores;
  return {
    ...{ top1, top5 },
    ema: emaTop1 === undefined ? null : { top1: emaTop1, top5: emaTop5 },
    ...loss === undefined ? {} : { loss },
  };
}

/** Judges by the validation images: the weights, and their means if there are any. */
function finetuneJudge(judged: JudgedEncoder, config: FinetuneConfig): Judge {
  const { batchSize } = config.training;
  const batches = mustWork(validationBatches(judged, batchSize));
  return {
    async scores(training, backend, signal) {
      const of = (
        parameters: DeviceTensors,
      ): Promise<Result<TrainError, TopAccuracies>> =>
        classifierAccuracy(backend, config, parameters, batches(), batchSize, {
          signal,
        });
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
 * Plans the fine-tuning of an encoder, which is judged after every epoch.
 *
 * @param judged Encoder and images.
 * @param config The training; its model is the encoder's.
 * @param loading How images to learn from are loaded.
 * @throws {CommandFailed} where there is no such training.
 */
export function plannedFinetuning(
  judged: JudgedEncoder,
  config: FinetuneConfig,
  loading: RunLoading,
): PlannedFinetuning {
  const { train, encoder, classes } = judged;
  const plan = must(finetunePlan(config, train.length));
  const run = { config, plan };
  const task = finetuneTask(run);
  return {
    ...run,
    ...{ task, judged, train, loading },
    batches: must(finetuneBatches(train, config, loading)),
    start: initialFinetune(run, encoder.parameters),
    losses: classLoss(classes),
    costOf: stepFlops(task),
    judge: finetuneJudge(judged, config),
    words: [],
  };
}
