/** The run that freeze times are found from: its losses, its checkpoints, its images. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Faults, type FreezePlan, left } from "../../core/mod.ts";
import {
  candidatesIn,
  checkpointProgress,
  describeTrainError,
  fileResult,
  holdsRun,
  METRICS_FILE,
  readRecord,
  taskOfRun,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import { commandOf } from "../output/program_name.ts";
import {
  type PlannedPretraining,
  planPretraining,
} from "../pretrain/plan_run.ts";
import {
  type PretrainSettings,
  pretrainSettings,
} from "../pretrain/pretrain_settings.ts";
import { median } from "../runs/measured_steps.ts";
import type { FindValues } from "./find_flags.ts";

/** A state of the run. */
export interface RunState {
  /** Steps done. */
  readonly step: number;
  /** Path of its checkpoint. */
  readonly path: string;
}

/** An unfrozen run. */
export interface UnfrozenRun {
  readonly folder: string;
  readonly settings: PretrainSettings;
  readonly planned: PlannedPretraining;
  /** Loss of the deepest stage in each recorded step, by step; not finite where it was left out. */
  readonly losses: ReadonlyMap<number, number>;
  /** Steps on the record. */
  readonly recorded: number;
  /** Seconds of a step as it was recorded: their median. */
  readonly stepSeconds: number;
  /** Its checkpoints, rising. */
  readonly states: readonly RunState[];
}

function refuse(found: unknown, wanted: string): never {
  return must(
    left<Faults>([{ _tag: "Inconsistent", path: "RUN", found, wanted }]),
  );
}

/** Refuses a folder that holds no pre-training. */
async function checkRun(folder: string): Promise<void> {
  const wanted = "the folder of a pre-training run, for example runs/1";
  const read = await fileResult(folder, () => readdir(folder));
  if (read._tag === "Left") {
    refuse(folder, `${wanted}. ${describeTrainError(read.left)}`);
  }
  if (!await holdsRun(folder)) refuse(folder, wanted);
  const task = await taskOfRun(folder);
  if (task !== "pretrain") {
    refuse(`a run of ${commandOf(task)}`, wanted);
  }
}

/** Refuses a run in which layers freeze. */
function checkUnfrozen({ layers, totalSteps }: FreezePlan): void {
  const frozen = layers.filter(({ freezeStep }) => freezeStep < totalSteps);
  const [first] = frozen;
  if (first === undefined) return;
  refuse(
    `a run in which ${frozen.length} of ${layers.length} layers freeze, from step ${first.freezeStep} on`,
    "one in which none does: pre-train with --t0 1",
  );
}

/** Losses and times on the record of a run. */
async function recordOf(
  folder: string,
): Promise<Pick<UnfrozenRun, "losses" | "recorded" | "stepSeconds">> {
  const losses = new Map<number, number>();
  const seconds: number[] = [];
  const reach = mustWork(
    await readRecord(join(folder, METRICS_FILE), Infinity, (line) => {
      const { total, compile = 0 } = line.milliseconds;
      losses.set(
        line.step,
        line.skipped === undefined ? line.deepestLoss : NaN,
      );
      seconds.push((total - compile) / 1000);
    }),
  );
  return { losses, recorded: reach.end, stepSeconds: median(seconds) };
}

/** The checkpoints of a run, that of the fewest steps first. */
async function statesIn(folder: string): Promise<readonly RunState[]> {
  const { paths } = mustWork(await candidatesIn(folder));
  const states = await Promise.all(
    paths.map(async (path) => ({
      path,
      step: (await checkpointProgress(path)).step,
    })),
  );
  return states.toSorted((a, b) => a.step - b.step);
}

/** What is known of a run by its record and its checkpoints. */
export const runFacts = async (
  folder: string,
): Promise<Omit<UnfrozenRun, "folder" | "settings" | "planned">> => ({
  ...await recordOf(folder),
  states: await statesIn(folder),
});

/**
 * Opens a run whose layers never freeze.
 *
 * @throws {CommandFailed} where there is none, or its images are not to be had.
 */
export async function openUnfrozenRun(
  folder: string,
  values: FindValues,
): Promise<UnfrozenRun> {
  await checkRun(folder);
  const { "output-dir": _, "dry-run": __, times: ___, ...others } = values;
  const resumed = { ...others, resume: folder };
  const settings = await pretrainSettings(resumed);
  const planned = await planPretraining(settings, resumed);
  checkUnfrozen(planned.plan);
  return {
    ...{ folder, settings, planned },
    ...await runFacts(folder),
  };
}
