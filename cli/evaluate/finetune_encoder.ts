/**
 * What an encoder becomes when it learns classes with a head on it.
 *
 * @module
 */
import type { DeviceTensors } from "../../backends/mod.ts";
import { type Faults, left, type Result, right } from "../../core/mod.ts";
import type { ImageWorkers, loadAll } from "../../data/mod.ts";
import {
  averagedParameters,
  classifierAccuracy,
  finetuneBatches,
  type FinetuneConfig,
  finetunePlan,
  finetuneTask,
  initialFinetune,
  type TopAccuracies,
  train as startTraining,
  type TrainError,
  type Training,
  type TrainingIdentity,
  type TrainState,
} from "../../train/mod.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import { percent } from "./judgement.ts";
import { judgingMiddles } from "./judging_middles.ts";
import type { Evaluation } from "./open_evaluation.ts";
import {
  type Interrupted,
  startOf,
  type TrainingChoice,
  trainToEnd,
} from "./training_start.ts";

/** How fine-tuning is kept and stopped, and who makes its images ready. */
export interface FinetuneChoice extends TrainingChoice {
  /** Workers that do; the main thread without any. */
  readonly workers?: ImageWorkers | null;
}

/** What fine-tuning made of an encoder. */
export interface FinetunedAccuracies extends TopAccuracies {
  /** Accuracies of the running means of the weights; `null` if none were kept. */
  readonly ema: TopAccuracies | null;
  /** Mean loss over the last epoch, if it was trained now. */
  readonly loss?: number;
}

/** Fine-tuning that has not begun, or where it was stopped. */
interface Started {
  readonly training: Training;
  readonly identity: TrainingIdentity;
}

const badConfig = (faults: Faults): Result<TrainError, never> =>
  left({ _tag: "BadConfig", faults });

async function started(
  { backend, encoder, train, unreadable }: Evaluation,
  config: FinetuneConfig,
  choice: FinetuneChoice,
): Promise<Result<TrainError, Started>> {
  const plan = finetunePlan(config, train.length);
  if (plan._tag === "Left") return badConfig(plan.left);
  const run = { config, plan: plan.right };
  const identity = finetuneTask(run);
  const first = initialFinetune(run, encoder.parameters);
  const start = await startOf(identity, first, choice.resume);
  if (start._tag === "Left") return start;
  const workers = choice.workers ?? undefined;
  const made = finetuneBatches(train, config, {
    workers,
    badImages: unreadable.train,
  });
  if (made._tag === "Left") return badConfig(made.left);
  const [batches, from] = [made.right, start.right];
  const { signal } = choice;
  const training = startTraining(identity, {
    ...{ backend, batches, signal },
    start: from,
  });
  return right({ training, identity });
}

/** Accuracies of the weights, and of their means if there are any. */
async function accuraciesOf(
  { backend, queries }: Evaluation,
  config: FinetuneConfig,
  state: TrainState,
  middles: () => ReturnType<typeof loadAll>,
  shown: ShownWork,
): Promise<Result<TrainError, FinetunedAccuracies>> {
  const { batchSize } = config.training;
  const of = (parameters: DeviceTensors) =>
    underBar(
      shown,
      "images to judge by",
      queries.length,
      (options) =>
        classifierAccuracy(
          backend,
          config,
          parameters,
          middles(),
          batchSize,
          options,
        ),
    );
  const own = await of(state.parameters);
  if (own._tag === "Left") return own;
  const means = averagedParameters(state);
  const ema = means === null ? right(null) : await of(means);
  return ema._tag === "Left" ? ema : right({ ...own.right, ema: ema.right });
}

/**
 * Fine-tunes an encoder and judges it after every epoch.
 *
 * @param evaluation Encoder, images and device.
 * @param config The training; its model is the encoder's.
 * @param choice Where it starts, where it is kept, what stops it.
 * @returns Accuracies on the images to judge by after the last epoch, or that it was
 * stopped.
 */
export async function finetuneEncoder(
  evaluation: Evaluation,
  config: FinetuneConfig,
  choice: FinetuneChoice,
): Promise<Result<TrainError, FinetunedAccuracies | Interrupted>> {
  const { epochs, batchSize } = config.training;
  const middles = judgingMiddles(evaluation, batchSize);
  if (middles._tag === "Left") return middles;
  const opened = await started(evaluation, config, choice);
  if (opened._tag === "Left") return opened;
  const { training, identity } = opened.right;
  // Under the bar of the training there is no room for another one.
  const judge = (shown: ShownWork) =>
    accuraciesOf(evaluation, config, training.state(), middles.right, shown);
  let last: FinetunedAccuracies | null = null;
  try {
    const done = await trainToEnd(training, {
      ...choice,
      identity,
      epochs,
      atEpoch: async (loss) => {
        const found = await judge({ signal: choice.signal });
        if (found._tag === "Left") return found;
        last = { ...found.right, loss };
        return right(`, top-1 ${percent(found.right.top1)}`);
      },
    });
    if (done._tag === "Left") return done;
    if (done.right === "interrupted") return right(done.right);
    return last === null ? await judge(choice) : right(last);
  } finally {
    training.dispose();
  }
}
