/**
 * Runs that are stopped and go on.
 *
 * @module
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Backend } from "../../backends/backend.ts";
import type { Snapshot, StepReport } from "../../train/mod.ts";
import { readCheckpoint } from "../../train/checkpoint/read_checkpoint.ts";
import { writeCheckpoint } from "../../train/checkpoint/write_checkpoint.ts";
import { inFolder } from "./temporary_folder.ts";
import {
  startTiny,
  takeSteps,
  TINY_CONFIG,
  type TinyRun,
  tinyRun,
  trained,
} from "./tiny_run.ts";

const without = (report: StepReport) => ({ ...report, milliseconds: null });

/** Reports and last state of a run from a moment on. */
async function goOn(
  backend: Backend,
  run: TinyRun,
  start?: Snapshot,
) {
  const training = startTiny(backend, run, start);
  const reports = (await takeSteps(training)).map(without);
  const end = trained(await training.snapshot());
  training.dispose();
  return { reports, end };
}

/** Stops after each number of steps, saves, reads back and goes on. */
export async function resumesEverywhere(
  backend: Backend,
  run: TinyRun,
  stops: readonly number[],
): Promise<void> {
  const whole = await goOn(backend, run);
  strictEqual(whole.reports.length, run.plan.totalSteps);
  await inFolder(async (folder) => {
    const training = startTiny(backend, run);
    for (const stop of stops) {
      await takeSteps(training, stop - training.step);
      const snapshot = trained(await training.snapshot());
      const path = trained(await writeCheckpoint(folder, run, snapshot));
      const start = trained(await readCheckpoint(path, run));
      deepStrictEqual(start, snapshot);
      const rest = await goOn(backend, run, start);
      deepStrictEqual(
        rest.reports,
        whole.reports.slice(stop),
        `from step ${stop}`,
      );
      deepStrictEqual(rest.end, whole.end, `from step ${stop}`);
    }
    training.dispose();
  });
}

/** A run with micro-batches, without AdamW, whose class token never freezes. */
export const ACCUMULATING_RUN = tinyRun({
  training: { ...TINY_CONFIG.training, accumIter: 2, epochs: 4 },
  freeze: { ...TINY_CONFIG.freeze, classToken: "neverFrozen" },
  optimizer: { _tag: "Sgd", momentum: 0.9, weightDecay: 0.01 },
});
