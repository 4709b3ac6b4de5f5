/** A pre-training that is looked at and not run. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describeFaults, left, type PretrainConfig } from "../../core/mod.ts";
import { bytesInWords, counted } from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { epochSteps, replaceFile, trainingMemory } from "../../train/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import { interruption } from "../command/interruption.ts";
import { duration } from "../output/words.ts";
import {
  type CheckpointSpace,
  checkpointSpace,
} from "../runs/checkpoint_space.ts";
import { type MeasuredSteps, measuredSteps } from "../runs/measured_steps.ts";
import { ownTask, readyRun } from "../runs/ready_run.ts";
import { policyFrom } from "../runs/run_flags.ts";
import type { Settings } from "../runs/settings.ts";
import type { PlannedPretraining } from "./plan_run.ts";
import type { PretrainValues } from "./pretrain_flags.ts";
import { previewSvg } from "./preview.ts";

/** Seconds of steps that are measured. */
const MEASURED_SECONDS = 2;

/** Name of the picture. */
const PREVIEW_FILE = "preview.svg";

/** What a run would cost. */
export interface DryRun {
  /** Path of the picture of augmented images. */
  readonly preview: string;
  /** Most bytes of tensors that are alive in a step. */
  readonly stepBytes: number;
  readonly checkpoints: CheckpointSpace;
  readonly time: MeasuredSteps;
}

/** Refuses what is no run of its own that begins. */
export function refuseDryRun(
  { earlier }: Pick<Settings<unknown>, "earlier">,
  ranks: Ranks | null,
): void {
  const found = earlier !== null
    ? `the run ${earlier.from} that goes on`
    : ranks !== null
    ? `${ranks.size} processes`
    : null;
  if (found === null) return;
  const wanted = "a run of one process that begins";
  must(left([{ _tag: "Inconsistent", path: "--dry-run", found, wanted }]));
}

/** The folder of a run where it is there already, else the current one. */
async function pictureFolder(outputDir: string | null): Promise<string> {
  const isThere = outputDir !== null &&
    await stat(outputDir).then((it) => it.isDirectory(), () => false);
  return isThere ? outputDir : ".";
}

async function drawPreview(
  planned: PlannedPretraining,
  outputDir: string | null,
): Promise<string> {
  const path = join(await pictureFolder(outputDir), PREVIEW_FILE);
  mustWork(await replaceFile(path, mustWork(await previewSvg(planned))));
  return path;
}

const timeWords = ({ steps, secondsPerStep, secondsOfRun }: MeasuredSteps) =>
  `time:   about ${duration(secondsOfRun)} of steps; one takes ${
    secondsPerStep < 1
      ? `${(1000 * secondsPerStep).toFixed(0)} ms`
      : `${secondsPerStep.toFixed(1)} s`
  } (${counted(steps, "step")} measured), later ones what the plan says`;

const spaceWords = ({ each, kept, most }: CheckpointSpace): string =>
  `disk:   ${counted(kept, "checkpoint")} of ${bytesInWords(each)}, ${
    bytesInWords(most)
  } while another is written`;

/**
 * Looks at a pre-training: prints its plan, the memory of a step, the time that it would
 * take and the space of its checkpoints, and draws images as the model would see them.
 * Nothing is trained, and there is no folder of a run afterwards.
 *
 * @throws {CommandFailed} where the run could not begin.
 */
export async function dryRun(
  planned: PlannedPretraining,
  settings: Settings<PretrainConfig>,
  values: PretrainValues,
  say: (line: string) => void,
): Promise<DryRun> {
  const { task, plan, loading } = planned;
  const { backend } = await readyRun(planned, settings, values, say, null);
  try {
    const { share } = ownTask(task, { backend, ranks: null });
    const memory = trainingMemory(task, plan.phases[0], share);
    if (memory._tag === "Left") refuse(describeFaults(memory.left));
    const { peak: stepBytes } = memory.right;
    say(`memory: tensors of a step take ${bytesInWords(stepBytes)} at most`);
    const policy = policyFrom(values, epochSteps(task), task.training.epochs);
    const checkpoints = checkpointSpace(task, policy);
    say(spaceWords(checkpoints));
    const preview = await drawPreview(planned, settings.outputDir);
    say(`images: drawn as the model will see them in ${preview}`);
    const { signal } = interruption(say);
    const { "skip-non-finite": skipNonFinite = 0 } = values;
    const options = { backend, signal, skipNonFinite };
    const time = await measuredSteps(planned, options, MEASURED_SECONDS);
    say(timeWords(time));
    return { preview, stepBytes, checkpoints, time };
  } finally {
    loading.workers?.[Symbol.dispose]();
    backend.dispose();
  }
}
