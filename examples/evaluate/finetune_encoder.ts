/**
 * What an encoder becomes when it learns classes with a head on it.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import {
  classifierAccuracy,
  type FinetuneConfig,
  finetuneIdentity,
  finetunePlan,
  finetuning,
  initialFinetune,
  type TopAccuracies,
  type TrainError,
} from "../../train/mod.ts";
import { judgingMiddles, learningCrops } from "./classifier_images.ts";
import type { Evaluation } from "./open_evaluation.ts";
import {
  type Interrupted,
  startOf,
  type TrainingChoice,
  trainToEnd,
} from "./training_start.ts";

/**
 * Fine-tunes an encoder and judges it.
 *
 * @param evaluation Encoder, images and device.
 * @param config The training; its model is the encoder's.
 * @param choice Where it starts, where it is kept, what stops it.
 * @returns Accuracies on the images to judge by, or that it was stopped.
 */
export async function finetuneEncoder(
  evaluation: Evaluation,
  config: FinetuneConfig,
  choice: TrainingChoice,
): Promise<Result<TrainError, TopAccuracies | Interrupted>> {
  const { backend, encoder, train } = evaluation;
  const { epochs, batchSize } = config.training;
  const plan = finetunePlan(config, train.length);
  if (plan._tag === "Left") {
    return left({ _tag: "BadConfig", faults: plan.left });
  }
  const run = { config, plan: plan.right };
  const identity = finetuneIdentity(run);
  const first = initialFinetune(run, encoder.parameters);
  const start = await startOf(identity, first, choice.resume);
  if (start._tag === "Left") return start;
  const batches = learningCrops(train, config);
  if (batches._tag === "Left") return batches;
  const middles = judgingMiddles(evaluation, batchSize);
  if (middles._tag === "Left") return middles;
  const training = finetuning({
    ...run,
    backend,
    batches: batches.right,
    start: start.right,
  });
  const done = await trainToEnd(training, { ...choice, identity, epochs });
  const found: Result<TrainError, TopAccuracies | Interrupted> =
    done._tag === "Left"
      ? done
      : done.right === "interrupted"
      ? right(done.right)
      : await classifierAccuracy(
        backend,
        config,
        training.tensors(),
        middles.right,
        batchSize,
      );
  training.dispose();
  return found;
}
