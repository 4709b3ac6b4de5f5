import { deepStrictEqual, ok } from "node:assert/strict";
import { referenceBackend } from "../../../backends/mod.ts";
import { type Curriculum, phaseAt, weightsAt } from "../../../core/mod.ts";
import type { Snapshot, StepReport } from "../../../train/mod.ts";
import { onDevices } from "../devices.ts";
import { resumesEverywhere } from "../resumes_everywhere.ts";
import {
  startTiny,
  takeSteps,
  TINY_CONFIG,
  TINY_MODEL,
  type TinyRun,
  tinyRun,
  trained,
} from "../tiny_run.ts";

/** The first stage fades out until step 3, the third comes in, the last grows. */
const CURRICULUM: Curriculum = [
  { time: 0, weights: [2, 1, 0, 1] },
  { time: 0.25, weights: [0, 1, 0.5, 3] },
];

/** Six steps of two micro-batches. */
const RUN = tinyRun({
  curriculum: CURRICULUM,
  training: { ...TINY_CONFIG.training, accumIter: 2 },
});

const exact = () => referenceBackend({ precision: "float64" });

/** Reports and end of a run on the interpreter, in double precision. */
async function exactRun(
  run: TinyRun,
  steps?: number,
): Promise<readonly [readonly StepReport[], Snapshot]> {
  const training = startTiny(exact(), run);
  const reports = await takeSteps(training, steps);
  const end = trained(await training.snapshot());
  training.dispose();
  return [reports, end];
}

const untimed = (reports: readonly StepReport[]): unknown =>
  reports.map((report) => ({ ...report, milliseconds: null }));

await onDevices(
  ["reference", "cpu", "wasm", "webgpu", "onnx"],
  "the loss of a step weighs its stages as the curriculum does at its time, and stages end with their weight",
  async (backend) => {
    const training = startTiny(backend, RUN);
    const reports = await takeSteps(training);
    training.dispose();
    const { totalSteps } = RUN.plan;
    deepStrictEqual(totalSteps, 6);
    const weightsOf = weightsAt(CURRICULUM);
    for (const { step, loss, stageLosses, liveStages } of reports) {
      const weights = weightsOf(step / totalSteps);
      const wanted = liveStages.reduce(
        (sum, k) => sum + weights[k]! * stageLosses[k]!,
        0,
      );
      ok(
        Math.abs(loss - wanted) < 1e-5 * wanted,
        `${step}: ${loss} ${wanted}`,
      );
      deepStrictEqual(liveStages, phaseAt(RUN.plan)(step).liveStages);
    }
    deepStrictEqual(reports.map(({ liveStages }) => liveStages.includes(0)), [
      ...[true, true, false, false, false, false],
    ]);
  },
);

Deno.test("a curriculum of ones changes nothing, to the bit", async () => {
  const [reports, end] = await exactRun(tinyRun());
  const curriculum = [{ time: 0, weights: [1, 1, 1, 1] }];
  const [same, sameEnd] = await exactRun(tinyRun({ curriculum }));
  deepStrictEqual(untimed(same), untimed(reports));
  deepStrictEqual(sameEnd, end);
});

Deno.test("weights of a curriculum are those of the stages themselves", async () => {
  const weights = [0.5, 2, 1, 4];
  const stages = TINY_MODEL.stages.map((stage, k) => ({
    ...stage,
    weight: weights[k] ?? 1,
  }));
  const fixed = tinyRun({ model: { ...TINY_MODEL, stages } });
  const taught = tinyRun({ curriculum: [{ time: 0, weights }] });
  const [, { parameters: wanted }] = await exactRun(fixed, 3);
  const [, { parameters: found }] = await exactRun(taught, 3);
  for (const [name, data] of wanted) {
    data.forEach((value, i) =>
      ok(Math.abs(value - found.get(name)![i]!) < 1e-6, `${name} ${i}`)
    );
  }
});

await onDevices(
  ["cpu", "onnx"],
  "a run with a curriculum resumes bit for bit",
  (backend) => resumesEverywhere(backend, RUN, [1, 2, 4]),
);
