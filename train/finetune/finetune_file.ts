/**
 * Fine-tuning as files.
 *
 * @module
 */
import { type FinetuneIdentity, finetuneShapes } from "./finetune_programs.ts";
import type { TrainingIdentity } from "../run/training_file.ts";

/**
 * What `trainingParts` and `readTraining` must know of fine-tuning. Parameters
 * have timm's names; the optimizer's state has names with a `/`.
 *
 * @param run Configuration and plan.
 */
export function finetuneIdentity(run: FinetuneIdentity): TrainingIdentity {
  const { config, plan: { totalSteps } } = run;
  return { config, totalSteps, shapesAt: (step) => finetuneShapes(run, step) };
}
