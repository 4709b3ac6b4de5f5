/** Weights of a run's checkpoints, checked against their digests. */
import { join } from "node:path";
import {
  decodePretrainConfig,
  describeFaults,
  excerpt,
  type ModelSpec,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  broken,
  type BrokenCheckpoint,
  readDescription,
  readModel,
} from "../checkpoint/checkpoint_files.ts";
import { identityOf } from "../tasks/identities.ts";
import { CHECKPOINT_FILES } from "../checkpoint/layout.ts";
import {
  type Candidates,
  firstWhole,
  reachedCandidates,
  type SkippedCheckpoint,
} from "../run/latest_checkpoint.ts";
import type { StoredTensor } from "../files/tensor_data.ts";
import type { TrainError } from "../train_error.ts";

/** The model of a checkpoint. */
export interface CheckpointWeights {
  /** File of the weights. */
  readonly path: string;
  /** Sizes, as its run says. */
  readonly model: ModelSpec;
  /** Every tensor of the file by its name; parameters are finite and of their shapes. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Steps done and planned. */
  readonly steps: readonly [done: number, total: number];
  /** Seed of its run. */
  readonly seed: number;
}

/** The weights of one checkpoint, or in which way it is not as it was written. */
async function weightsOf(
  checkpoint: string,
): Promise<Result<BrokenCheckpoint, CheckpointWeights>> {
  const described = await readDescription(checkpoint);
  if (described._tag === "Left") return described;
  const { task, config, step, totalSteps } = described.right.file;
  if (task !== "pretrain") {
    const reason = `it is of a run of ${excerpt(task)}, wanted one of pretrain`;
    return broken(checkpoint, reason);
  }
  const identity = identityOf(task, config, totalSteps);
  if (identity._tag === "Left") {
    return broken(checkpoint, describeFaults(identity.left));
  }
  const decoded = decodePretrainConfig(config);
  if (decoded._tag === "Left") {
    return broken(checkpoint, describeFaults(decoded.left));
  }
  const { model, training: { seed } } = decoded.right;
  const tensors = await readModel(checkpoint, identity.right, described.right);
  return tensors._tag === "Left" ? tensors : right({
    path: join(checkpoint, CHECKPOINT_FILES.model),
    model,
    tensors: tensors.right,
    steps: [step, totalSteps],
    seed,
  });
}

/**
 * Reads the weights of the newest checkpoint that is as it was written. Newer ones
 * are passed over and named; one that was asked for by its own path is not.
 */
export async function newestWholeWeights(
  from: string,
  candidates: Candidates,
): Promise<
  Result<
    TrainError,
    CheckpointWeights & { readonly skipped: readonly SkippedCheckpoint[] }
  >
> {
  const reached = await reachedCandidates(candidates);
  const { isChosen } = candidates;
  const found = await firstWhole(
    from,
    { ...reached, isChosen },
    weightsOf,
    "can be opened",
  );
  if (found._tag === "Left") return found;
  const { read, skipped } = found.right;
  return right({ ...read, skipped });
}
