/** Work beside the steps of a training. */
import { type Result, right } from "../../core/mod.ts";
import type { TrainError } from "../train_error.ts";
import { epochSteps, type TrainingIdentity } from "./task.ts";
import type { StepReport, Training } from "./training.ts";

/**
 * Outcome of a hook; an error ends the training. `Stopped` ends it in good order, once all
 * hooks were called: several ranks have to agree on it.
 */
export type HookResult = Result<TrainError, void> | void;

/** Steps that are picked by their number: known before a step is taken. */
export interface StepRule {
  /**
   * True if the hook is to be called after a step; asked once for each, in their order, at
   * the latest when its report is there.
   *
   * @param step Its number, from 0.
   */
  isDueAfter(step: number): boolean;
}

/**
 * Work beside the steps of a training: progress, records, checkpoints, evaluation. The
 * next step waits for it. Hooks are called in the order in which they were given.
 *
 * @example Losses as CSV, and their mean after every second step
 * ```ts
 * import * as vit from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile({ suffix: ".csv" });
 * const csv: vit.Hook = {
 *   onStep: async ({ step, loss, milliseconds }) =>
 *     await Deno.writeTextFile(path, `${step},${loss},${milliseconds.total}\n`, { append: true }),
 * };
 * const losses: number[] = [];
 * const means: number[] = [];
 * const sums: vit.Hook = { onStep: ({ loss }) => void losses.push(loss) };
 * const mean: vit.Hook = {
 *   every: 2,
 *   onStep: () => void means.push(losses.reduce((a, b) => a + b) / losses.length),
 * };
 *
 * const training = { epochs: 2, warmupEpochs: 0, batchSize: 4, accumIter: 1, seed: 0 };
 * const config = { ...vit.DEFAULT_PRETRAIN_CONFIG, model: vit.MODEL_PRESETS.nano, training };
 * const all = vit.orThrow(await vit.embeddedFashionMnist());
 * const source = vit.orThrow(vit.shareSource(all, 8, vit.rootKey(0)));
 * const plan = vit.orThrow(vit.planOf(config, source.length));
 * const batches = vit.orThrow(vit.batchSource(source, config));
 * const { backend } = vit.orThrow(await vit.selectBackend("cpu"));
 *
 * const run = vit.train(vit.pretrainTask({ config, plan }), {
 *   backend,
 *   batches,
 *   start: vit.initialSnapshot(config, plan),
 *   hooks: [csv, sums, mean],
 * });
 * for await (const step of run) vit.orThrow(step);
 * run.dispose();
 *
 * const rows = (await Deno.readTextFile(path)).trim().split("\n");
 * deepStrictEqual(rows.map((row) => row.split(",")[0]), ["0", "1", "2", "3"]);
 * match(rows[0] ?? "", /^0,\d\.\d+,\d+/);
 * strictEqual(means.length, 2);
 * await Deno.remove(path);
 * ```
 */
export interface Hook {
  /**
   * Steps after which it is called: after every so many, counted from the first of the
   * training, or after those that a rule or a function picks; by default after each.
   */
  readonly every?: number | StepRule | ((report: StepReport) => boolean);
  /**
   * What it looks at: the training as it is after the step (the default), or the report alone.
   * Of steps that are taken at once, a hook of the first kind is called after the last.
   * No step is sent before a hook of the first kind was called for an earlier one; where a
   * function of the report picks its steps, none is sent before the report of the one before
   * is there.
   */
  readonly looksAt?: "training" | "report";
  /**
   * Called after a step.
   *
   * @param report The step.
   * @param training The training as it is after that step.
   */
  readonly onStep?: (
    report: StepReport,
    training: Training,
  ) => HookResult | Promise<HookResult>;
  /**
   * Called after the last step, and when the training is stopped, whether within a step
   * or after one; not after an error.
   *
   * @param training The training as it is at its end.
   */
  readonly onEnd?: (training: Training) => HookResult | Promise<HookResult>;
}

/** Picks the last step of every epoch. */
export function atEpochEnds(
  identity: Pick<TrainingIdentity, "plan" | "training">,
): StepRule {
  const length = epochSteps(identity);
  return { isDueAfter: (step) => (step + 1) % length === 0 };
}

/** True if a hook is called after a step, or may be: a function of the report decides later. */
const mayBeCalled = ({ every = 1 }: Hook, step: number): boolean =>
  typeof every === "function" ||
  (typeof every === "number"
    ? (step + 1) % every === 0
    : every.isDueAfter(step));

const isPicked = ({ every }: Hook, report: StepReport): boolean =>
  typeof every !== "function" || every(report);

/** Calls hooks one after another, up to the first error but `Stopped`. */
async function inTurn(
  hooks: readonly Hook[],
  call: (hook: Hook) => HookResult | Promise<HookResult>,
): Promise<Result<TrainError, void>> {
  let all: Result<TrainError, void> = right(undefined);
  for (const hook of hooks) {
    const result = await call(hook);
    if (result?._tag !== "Left") continue;
    all = result;
    if (result.left._tag !== "Stopped") break;
  }
  return all;
}

/** Hooks of the steps of a training; each rule is asked once for a step. */
export interface DueHooks {
  /** True if a hook may look at the training as it is after one of some steps. */
  lookAfter(from: number, to: number): boolean;
  /**
   * Calls the hooks that are due after a step.
   *
   * @param isWithin True if the training is already as it is after further steps, which
   * were taken at once with it: who looks at it is called after the last of them.
   */
  call(
    report: StepReport,
    training: Training,
    isWithin?: boolean,
  ): Promise<Result<TrainError, void>>;
  /** Forgets the answers for steps from one on: they will be taken again. */
  forget(step: number): void;
}

const looksAtTraining = ({ onStep, looksAt }: Hook): boolean =>
  onStep !== undefined && looksAt !== "report";

/** The hooks of a training. */
export function dueHooks(hooks: readonly Hook[]): DueHooks {
  const asked = new Map<number, readonly Hook[]>();
  let waiting: readonly Hook[] = [];
  const after = (step: number): readonly Hook[] => {
    const due = asked.get(step) ??
      hooks.filter((hook) => mayBeCalled(hook, step));
    asked.set(step, due);
    return due;
  };
  return {
    lookAfter: (from, to) =>
      Array.from({ length: to - from }, (_, i) => from + i)
        .some((step) => after(step).some(looksAtTraining)),
    call: (report, training, isWithin = false) => {
      const picked = after(report.step)
        .filter((hook) => isPicked(hook, report));
      asked.delete(report.step);
      const due = hooks.filter((hook) =>
        picked.includes(hook) || waiting.includes(hook)
      );
      waiting = isWithin ? due.filter(looksAtTraining) : [];
      const now = due.filter((hook) => !waiting.includes(hook));
      return inTurn(now, ({ onStep }) => onStep?.(report, training));
    },
    forget: (from) => {
      for (const step of asked.keys()) if (step >= from) asked.delete(step);
    },
  };
}

/** Calls the hooks that are due after a step. */
export function afterStep(
  hooks: readonly Hook[],
  report: StepReport,
  training: Training,
): Promise<Result<TrainError, void>> {
  return dueHooks(hooks).call(report, training);
}

/** Calls all hooks at the end. */
export function atEnd(
  hooks: readonly Hook[],
  training: Training,
): Promise<Result<TrainError, void>> {
  return inTurn(hooks, ({ onEnd }) => onEnd?.(training));
}
