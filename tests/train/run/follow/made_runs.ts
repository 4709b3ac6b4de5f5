/**
 * Run folders as the pre-training program leaves them, without training.
 *
 * @module
 */
import { join } from "node:path";
import {
  type FreezePlan,
  phaseAt,
  type PretrainConfig,
  ratesAt,
} from "../../../../core/mod.ts";
import type { RunFolder, StepReport } from "../../../../train/mod.ts";
import { LOCK_FILE } from "../../../../train/run/folder_lock.ts";
import {
  newRunFolder,
  type TinyRun,
  tinyRun,
  trained,
} from "../../tiny_run.ts";

/** The tiny run, with as many steps as are wanted. */
export const runOf = (
  epochs: number,
): TinyRun & {
  readonly plan: FreezePlan;
  readonly config: PretrainConfig;
} => tinyRun({ training: { ...tinyRun().config.training, epochs } });

/** What a step of the plan reports: a loss that falls, steps that get cheaper. */
export function reportOf({ plan }: TinyRun, step: number): StepReport {
  const { index, frozenLayers, liveStages } = phaseAt(plan)(step);
  const { layers, unfrozen } = ratesAt(plan)(step);
  const losses = liveStages.map((stage) =>
    [stage, (stage + 1) / (10 + step)] as const
  );
  const total = 100 - 15 * frozenLayers;
  return {
    step,
    epoch: Math.floor(step / 6),
    phase: index,
    frozenLayers,
    liveStages,
    rates: layers,
    unfrozenRate: unfrozen,
    loss: losses.reduce((sum, [, loss]) => sum + loss, 0),
    stageLosses: Object.fromEntries(losses),
    deepestLoss: losses.at(-1)?.[1] ?? NaN,
    images: 2,
    milliseconds: {
      data: 10,
      gradient: total - 20,
      update: 10,
      compile: 0,
      total,
    },
  };
}

/**
 * Fills a folder with so many steps of a run and, from the first on, a checkpoint.
 * It has no lock, as on a file system that knows none.
 */
export async function makeRun(
  folder: string,
  run: TinyRun,
  steps: number,
): Promise<void> {
  await fill(trained(await newRunFolder(folder, run, 2)), run, steps);
  await Deno.remove(join(folder, LOCK_FILE));
}

async function fill(
  folder: RunFolder,
  run: TinyRun,
  steps: number,
): Promise<void> {
  using open = folder;
  trained(await open.checkpoint(open.start));
  for (let step = 0; step < steps; step++) {
    trained(await open.record(reportOf(run, step)));
  }
  if (steps > 0) {
    trained(await open.checkpoint({ ...open.start, step: steps }));
  }
}

/** Lets the record of a run look as if it had last been written so long ago. */
export async function silentFor(
  folder: string,
  seconds: number,
): Promise<void> {
  const then = new Date(Date.now() - 1000 * seconds);
  for (const name of ["metrics.jsonl", "plan.json"]) {
    await Deno.utime(join(folder, name), then, then);
  }
}
