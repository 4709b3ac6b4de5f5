/**
 * A finished trial in numbers.
 *
 * @module
 */
import type { TopAccuracies } from "../../train/mod.ts";
import type { Trial } from "./experiment.ts";
import { finishedPart, trialFolder } from "./experiment_folder.ts";
import { UNTRAINED } from "./methods.ts";
import type { PretrainResult } from "./pretrain_part.ts";

/** How long a part took, by the wall. */
export interface PartTime {
  /** Seconds from its start to its end, in all sittings. */
  readonly wallSeconds: number;
}

/** What a judgement found. */
export interface Judgement extends TopAccuracies, PartTime {
  /** Part of the images to judge by that are of the most frequent class. */
  readonly mostFrequent?: number;
  /** Whether the classifier's loss ended no lower than that of a uniform guess. */
  readonly diverged?: boolean;
}

/** Whether a judgement says anything of the encoder: it did not diverge, and finds more than one answer for everything. */
export const saysSomething = (
  { top1, mostFrequent = 0, diverged = false }: Judgement,
): boolean => !diverged && top1 > mostFrequent;

/** A finished trial. */
export interface TrialResult extends Pick<Trial, "method" | "seed"> {
  /** Its pre-training; `null` if it has none. */
  readonly pretrain: (PretrainResult & PartTime) | null;
  /** Accuracies after fine-tuning. */
  readonly finetune: Judgement;
  /** Accuracies of a linear classifier on the frozen encoder. */
  readonly probe: Judgement;
}

/**
 * Reads a trial.
 *
 * @param folder The experiment's folder.
 * @param trial The trial.
 * @returns Its result, or `null` if a part of it is not finished.
 */
export async function trialResult(
  folder: string,
  trial: Pick<Trial, "method" | "seed">,
): Promise<TrialResult | null> {
  const { method, seed } = trial;
  const own = trialFolder(folder, trial);
  const pretrain = await finishedPart<TrialResult["pretrain"]>(own, "pretrain");
  const finetune = await finishedPart<Judgement>(own, "finetune");
  const probe = await finishedPart<Judgement>(own, "probe");
  const isMissing = pretrain === null && method !== UNTRAINED;
  return isMissing || finetune === null || probe === null
    ? null
    : { method, seed, pretrain, finetune, probe };
}
