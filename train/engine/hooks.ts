/** Work beside the steps of a training. */
import { type Result, right } from "../../core/mod.ts";
import type { TrainError } from "../train_error.ts";
import { epochSteps, type TrainingIdentity } from "./task.ts";
import type { StepReport, Training } from "./training.ts";

/** Outcome of a hook; an error ends the training. */
export type HookResult = Result<TrainError, void> | void;

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
   * training, or after those that a function picks; by default after each.
   */
  readonly every?: number | ((report: StepReport) => boolean);
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
): (report: StepReport) => boolean {
  const length = epochSteps(identity);
  return ({ step }) => (step + 1) % length === 0;
}

const isCalled = ({ every = 1 }: Hook, report: StepReport): boolean =>
  typeof every === "number" ? (report.step + 1) % every === 0 : every(report);

/** Calls hooks one after another, up to the first error. */
async function inTurn(
  hooks: readonly Hook[],
  call: (hook: Hook) => HookResult | Promise<HookResult>,
): Promise<Result<TrainError, void>> {
  for (const hook of hooks) {
    const result = await call(hook);
    if (result?._tag === "Left") return result;
  }
  return right(undefined);
}

/** Calls the hooks that are due after a step. */
export function afterStep(
  hooks: readonly Hook[],
  report: StepReport,
  training: Training,
): Promise<Result<TrainError, void>> {
  const due = hooks.filter((hook) => isCalled(hook, report));
  return inTurn(due, ({ onStep }) => onStep?.(report, training));
}

/** Calls all hooks at the end. */
export function atEnd(
  hooks: readonly Hook[],
  training: Training,
): Promise<Result<TrainError, void>> {
  return inTurn(hooks, ({ onEnd }) => onEnd?.(training));
}
