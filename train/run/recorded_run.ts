/**
 * A run that leaves its record and its checkpoints behind.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { type FreezePlan, left, type Result, right } from "../../core/mod.ts";
import {
  checkedPolicy,
  type CheckpointPolicy,
  isCheckpointDue,
} from "../checkpoint/checkpoint_policy.ts";
import type { LossWatch } from "../loss_watch.ts";
import { metricsLine } from "./metrics.ts";
import type { StepReport, Training } from "../engine/training.ts";
import type { RunFolder } from "./run_folder.ts";
import type { TrainError } from "../train_error.ts";

/** What such a run needs. */
export interface RecordedRunOptions {
  /** The plan. */
  readonly plan: FreezePlan;
  /** The run. */
  readonly run: Training;
  /** Its folder. */
  readonly folder: RunFolder;
  /** When it is saved. */
  readonly policy: CheckpointPolicy;
  /**
   * Tells when its losses have exploded. Then the run ends, and no moment at which a
   * loss is high is saved, nor may it be the last.
   */
  readonly watch?: LossWatch;
  /**
   * Saves and ends the run after the step at which it is aborted; if the engine is
   * `interruptible` by it, that step is not taken, and nothing more is yielded.
   */
  readonly signal?: AbortSignal;
}

/** A step that is on record. */
export interface RecordedStep {
  /** The step. */
  readonly report: StepReport;
  /** The checkpoint written after it, or `null`. */
  readonly checkpoint: string | null;
  /** Whether one was due and not written, because a loss was high. */
  readonly isHeldBack: boolean;
}

/** Saves a run as it is now. */
async function saved(
  { run, folder }: RecordedRunOptions,
): Promise<Result<TrainError, string>> {
  const snapshot = await run.snapshot();
  return snapshot._tag === "Left"
    ? snapshot
    : folder.checkpoint(snapshot.right);
}

/**
 * Takes the steps of a run, records each and saves it when it is due: as the
 * policy says, at the end, and when it is stopped. An error ends the iteration;
 * checkpoints that were written before it stay whole.
 *
 * @param options The run, its folder, and when it is saved.
 *
 * @example Four steps, saved after the second and the last
 * ```ts
 * import { selectBackend } from "@vitfreeze/vitfreeze/backends";
 * import { DEFAULT_PRETRAIN_CONFIG, MODEL_PRESETS, planOf, rootKey } from "@vitfreeze/vitfreeze/core";
 * import { embeddedFashionMnist, shareSource } from "@vitfreeze/vitfreeze/data";
 * import { batchSource, createRunFolder, initialSnapshot, orThrow, pretrainTask, pretraining, recordedRun } from "@vitfreeze/vitfreeze/train";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const lengths = { epochs: 2, warmupEpochs: 0, batchSize: 4, accumIter: 1, seed: 0 };
 * const config = { ...DEFAULT_PRETRAIN_CONFIG, model: MODEL_PRESETS.nano, training: lengths };
 * const source = orThrow(shareSource(orThrow(await embeddedFashionMnist()), 8, rootKey(0)));
 * const plan = orThrow(planOf(config, source.length));
 * const batches = orThrow(batchSource(source, config));
 * const { backend } = orThrow(await selectBackend("cpu"));
 *
 * const policy = { everySteps: 2, everyMinutes: 30, keepLast: 2, keepAtFreeze: false };
 * const path = await Deno.makeTempDir();
 * const training = pretrainTask({ config, plan });
 * using folder = orThrow(await createRunFolder(path, training, initialSnapshot(config, plan), policy));
 * const run = pretraining({ config, plan, backend, batches, start: folder.start });
 *
 * const saved: number[] = [];
 * for await (const taken of recordedRun({ plan, run, folder, policy })) {
 *   const { report, checkpoint } = orThrow(taken);
 *   if (checkpoint !== null) saved.push(report.step);
 * }
 * run.dispose();
 *
 * deepStrictEqual(saved, [1, 3]);
 * await Deno.remove(path, { recursive: true });
 * ```
 */
export async function* recordedRun(
  options: RecordedRunOptions,
): AsyncGenerator<Result<TrainError, RecordedStep>> {
  const { plan, run, folder, watch, signal } = options;
  const policy = checkedPolicy(options.policy);
  if (policy._tag === "Left") {
    yield left({ _tag: "BadConfig", faults: policy.left });
    return;
  }
  const isDue = isCheckpointDue(policy.right, plan);
  let savedAt = performance.now();
  let isSaved = true;
  for await (const taken of run) {
    if (taken._tag === "Left") {
      if (taken.left._tag !== "Stopped") return yield taken;
      const isGood = (watch?.high() ?? null) === null;
      const last = isGood && !isSaved ? await saved(options) : right(null);
      return last._tag === "Left" ? yield last : undefined;
    }
    const recorded = await folder.record(taken.right);
    if (recorded._tag === "Left") return yield recorded;
    // A computation that never waits would keep a signal from being seen.
    await setImmediate();
    const isStopped = signal?.aborted ?? false;
    const exploded = watch?.see(metricsLine(taken.right)) ?? null;
    if (exploded !== null) return yield left(exploded);
    const high = watch?.high() ?? null;
    if (high !== null && run.step === plan.totalSteps) return yield left(high);
    const minutes = (performance.now() - savedAt) / 60_000;
    let checkpoint: string | null = null;
    const isWanted = isStopped || isDue({ step: run.step, minutes });
    if (isWanted && high === null) {
      const written = await saved(options);
      if (written._tag === "Left") return yield written;
      checkpoint = written.right;
      savedAt = performance.now();
    }
    isSaved = checkpoint !== null;
    const isHeldBack = isWanted && high !== null;
    yield right({ report: taken.right, checkpoint, isHeldBack });
    if (isStopped) return;
  }
}
