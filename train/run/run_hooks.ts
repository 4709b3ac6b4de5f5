/** Hooks that keep a run in its folder and report it to trackers. */
import { type FreezePlan, left, type Result, right } from "../../core/mod.ts";
import {
  checkedPolicy,
  type CheckpointPolicy,
  isCheckpointDue,
} from "../checkpoint/checkpoint_policy.ts";
import type { Hook, HookResult } from "../engine/hooks.ts";
import type { StepReport, Training } from "../engine/training.ts";
import type { TrainError } from "../train_error.ts";
import type { LossWatch } from "./loss_watch.ts";
import { metricsLine } from "./metrics.ts";
import type { RunFolder } from "./run_folder.ts";

/** Options of the hooks that keep a run. */
export interface KeepingOptions {
  /** The plan. */
  readonly plan: Pick<FreezePlan, "phases" | "totalSteps">;
  /** Its folder. */
  readonly folder: Pick<RunFolder, "record" | "checkpoint">;
  /** Checkpoint policy. */
  readonly policy: CheckpointPolicy;
  /**
   * Watches for exploding losses. Then the run ends, and no state at which a
   * loss is high is saved, nor may it be the last.
   */
  readonly watch?: LossWatch | undefined;
  /** Called with the path of each checkpoint once it is written. */
  readonly onCheckpoint?:
    | ((path: string) => HookResult | Promise<HookResult>)
    | undefined;
  /** Called with the step after which a checkpoint was due and not written, because a loss was high. */
  readonly onHeldBack?: ((step: number) => void) | undefined;
}

/** Writes every step into the record of a run. */
export const recordHook = (folder: Pick<RunFolder, "record">): Hook => ({
  looksAt: "report",
  onStep: (report) => folder.record(report),
});

/** Ends a training whose losses have exploded, or whose last loss is high. */
export const lossWatchHook = (watch: LossWatch, totalSteps: number): Hook => ({
  looksAt: "report",
  onStep(report) {
    const exploded = watch.see(metricsLine(report));
    const last = report.step + 1 === totalSteps ? watch.high() : null;
    const error = exploded ?? last;
    return error === null ? undefined : left(error);
  },
});

/**
 * Saves a training when it is due: as the policy says, at its end, and when it is
 * stopped.
 */
export function checkpointHook(
  { plan, folder, policy, watch, onCheckpoint, onHeldBack }: KeepingOptions,
): Hook {
  const isDue = isCheckpointDue(policy, plan);
  let [savedAt, savedStep] = [performance.now(), -1];
  const save = async (
    training: Training,
  ): Promise<Result<TrainError, void>> => {
    if ((watch?.high() ?? null) !== null) {
      onHeldBack?.(training.step - 1);
      return right(undefined);
    }
    const snapshot = await training.snapshot();
    if (snapshot._tag === "Left") return snapshot;
    const written = await folder.checkpoint(snapshot.right);
    if (written._tag === "Left") return written;
    [savedAt, savedStep] = [performance.now(), training.step];
    return await onCheckpoint?.(written.right) ?? right(undefined);
  };
  let first = Infinity;
  return {
    every: {
      isDueAfter(step) {
        first = Math.min(first, step);
        const minutes = (performance.now() - savedAt) / 60_000;
        return isDue({ step: step + 1, minutes });
      },
    },
    onStep: (_, training) => save(training),
    onEnd(training) {
      const { step } = training;
      if (step > first && step !== savedStep) return save(training);
    },
  };
}

/**
 * Hooks that record each step of a run, watch its losses and save it when it is due. An
 * error of theirs ends the training; checkpoints that were written before stay whole.
 *
 * @returns The hooks in their order, or what is wrong with the policy.
 *
 * @example Four steps, saved after the second and the last
 * ```ts
 * import { batchSource, createRunFolder, DEFAULT_PRETRAIN_CONFIG, embeddedFashionMnist, initialSnapshot, keepingHooks, MODEL_PRESETS, orThrow, planOf, pretrainTask, rootKey, selectBackend, shareSource, train } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const training = { epochs: 2, warmupEpochs: 0, batchSize: 4, accumIter: 1, seed: 0 };
 * const config = { ...DEFAULT_PRETRAIN_CONFIG, model: MODEL_PRESETS.nano, training };
 * const source = orThrow(shareSource(orThrow(await embeddedFashionMnist()), 8, rootKey(0)));
 * const plan = orThrow(planOf(config, source.length));
 * const batches = orThrow(batchSource(source, config));
 * const { backend } = orThrow(await selectBackend("cpu"));
 *
 * const policy = { everySteps: 2, everyMinutes: 30, keepLast: 2, keepAtFreeze: false };
 * const path = await Deno.makeTempDir();
 * const task = pretrainTask({ config, plan });
 * const first = initialSnapshot(config, plan);
 * using folder = orThrow(await createRunFolder(path, task, first, policy));
 * const saved: string[] = [];
 * const onCheckpoint = (path: string) => void saved.push(path.slice(-1));
 * const hooks = orThrow(keepingHooks({ plan, folder, policy, onCheckpoint }));
 *
 * const run = train(task, { backend, batches, start: folder.start, hooks });
 * for await (const taken of run) orThrow(taken);
 * run.dispose();
 *
 * deepStrictEqual(saved, ["2", "4"]);
 * await Deno.remove(path, { recursive: true });
 * ```
 */
export function keepingHooks(
  options: KeepingOptions,
): Result<TrainError, readonly Hook[]> {
  const { folder, watch, plan } = options;
  const policy = checkedPolicy(options.policy);
  return policy._tag === "Left"
    ? left({ _tag: "BadConfig", faults: policy.left })
    : right([
      recordHook(folder),
      ...watch === undefined ? [] : [lossWatchHook(watch, plan.totalSteps)],
      checkpointHook(options),
    ]);
}

/** A program outside that follows a run, such as TensorBoard. */
export interface Tracker {
  /** Takes note of a step. */
  step(report: StepReport): Promise<Result<TrainError, void>>;
  /** Takes note of numbers found out after so many steps, by names such as `validation/knn_top1`; of none nothing. */
  scalars(
    step: number,
    values: Readonly<Record<string, number>>,
  ): Promise<Result<TrainError, void>>;
  /** Ends the telling. */
  close(): Promise<void>;
}

/** A tracker that a run can do without: after its first error it is called no more. */
export function optionalTracker(
  tracker: Tracker,
  complain: (error: TrainError) => void,
): Tracker {
  let isOver = false;
  const attempt = async (
    call: () => Promise<Result<TrainError, void>>,
  ): Promise<Result<TrainError, void>> => {
    if (isOver) return right(undefined);
    const result = await call();
    if (result._tag === "Right") return result;
    isOver = true;
    complain(result.left);
    return right(undefined);
  };
  return {
    step: (report) => attempt(() => tracker.step(report)),
    scalars: (step, values) => attempt(() => tracker.scalars(step, values)),
    close: () => tracker.close(),
  };
}

/** Passes every step to a tracker. */
export const trackerHook = (tracker: Tracker): Hook => ({
  looksAt: "report",
  onStep: (report) => tracker.step(report),
});
