import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/backend.ts";
import type { StepReport } from "../../../train/mod.ts";
import { onDevices } from "../devices.ts";
import { spoiledBatches } from "../spoiled_batches.ts";
import { startTiny, TINY_CONFIG, tinyRun, trained } from "../tiny_run.ts";
import { courseOf, rounding, wholeCourse } from "./course.ts";

const RUN = tinyRun();
const SEVERAL = tinyRun({
  training: { ...TINY_CONFIG.training, accumIter: 3 },
});

const CLIPPED = tinyRun({ clipGrad: 1e-2 });

/** A course on an engine that other tests use too. */
async function courseOn(
  backend: Backend,
  ahead: number,
  run = RUN,
  spoiled: readonly number[] = [],
) {
  const before = backend.liveTensors();
  const training = startTiny(backend, run, undefined, {
    ...{ ahead, skipNonFinite: 1 },
    ...run === RUN ? { batches: spoiledBatches(run.config, spoiled) } : {},
  });
  const course = await courseOf(training);
  const end = trained(await training.snapshot());
  training.dispose();
  strictEqual(backend.liveTensors(), before);
  return { ...course, end };
}

const lossesOf = (reports: readonly unknown[]) =>
  reports.map((report) => (report as StepReport).loss);

await onDevices(
  ["webgpu"],
  "train() takes the reference's steps as one program, to rounding, and the same whatever is ahead",
  async (backend) => {
    const { runsAhead = 0 } = backend;
    for (const run of [RUN, SEVERAL, CLIPPED]) {
      const wanted = await wholeCourse(
        rounding(),
        (on) => startTiny(on, run),
      );
      const found = await courseOn(backend, 0, run);
      const losses = lossesOf(found.reports);
      strictEqual(losses.length, wanted.reports.length);
      lossesOf(wanted.reports).forEach((loss, i) =>
        ok(Math.abs(losses[i]! - loss) < 1e-4, `${losses[i]}, not ${loss}`)
      );
      deepStrictEqual(await courseOn(backend, runsAhead, run), found);
    }
  },
);

await onDevices(
  ["webgpu"],
  "train() skips and ends at numbers that are not finite, whatever is ahead",
  async (backend) => {
    const { runsAhead = 0 } = backend;
    const spoiled = [2, 8];
    const waited = await courseOn(backend, 0, RUN, spoiled);
    strictEqual(waited.error?._tag, "NonFiniteLoss");
    deepStrictEqual([waited.step, waited.end.skipped], [8, 1]);
    deepStrictEqual(await courseOn(backend, runsAhead, RUN, spoiled), waited);
  },
);
