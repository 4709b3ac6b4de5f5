import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Backend } from "../../backends/backend.ts";
import {
  readCheckpoint,
  type Snapshot,
  type StepReport,
  writeCheckpoint,
} from "../../train/mod.ts";
import { onDevices } from "./devices.ts";
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
async function resumesEverywhere(
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

const EVERY_STEP = [...Array(13).keys()];

await onDevices(
  ["cpu", "onnx"],
  "a run resumed from a checkpoint at any step equals the uninterrupted one, bit for bit",
  (backend) => resumesEverywhere(backend, tinyRun(), EVERY_STEP),
);

await onDevices(
  ["wasm", "onnx", "onnx on one thread"],
  "a run resumed at and around a freeze step equals the uninterrupted one, bit for bit",
  (backend) => resumesEverywhere(backend, tinyRun(), [4, 5, 6, 9, 12]),
);

await onDevices(
  ["webgpu"],
  "a run resumed across a freeze step equals the uninterrupted one, bit for bit",
  (backend) => resumesEverywhere(backend, tinyRun(), [6]),
);

await onDevices(
  ["cpu", "onnx"],
  "a run with accumulation, Sgd and a class token that never freezes resumes bit for bit",
  (backend) =>
    resumesEverywhere(
      backend,
      tinyRun({
        training: { ...TINY_CONFIG.training, accumIter: 2, epochs: 4 },
        freeze: { ...TINY_CONFIG.freeze, classToken: "neverFrozen" },
        optimizer: { _tag: "Sgd", momentum: 0.9, weightDecay: 0.01 },
      }),
      [1, 4, 5, 8],
    ),
);
