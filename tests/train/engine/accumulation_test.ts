import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import type { Backend, Program } from "../../../backends/backend.ts";
import { left, type PretrainConfig, right } from "../../../core/mod.ts";
import { batchParts, pretrainTask } from "../../../train/mod.ts";
import { referenceBackend } from "../../../backends/mod.ts";
import { largestDifference } from "../../golden_files.ts";
import { onDevices } from "../devices.ts";
import {
  startTiny,
  takeSteps,
  TINY_CONFIG,
  tinyRun,
  trained,
} from "../tiny_run.ts";

async function stepsWith(
  backend: Backend,
  batchSize: number,
  accumIter: number,
) {
  const training = { ...TINY_CONFIG.training, batchSize, accumIter, epochs: 3 };
  const run = tinyRun({
    training,
    // Adam divides by the size of a gradient, and so enlarges rounding of the
    // smallest ones; plain descent keeps it small.
    optimizer: { _tag: "Sgd", momentum: 0.9, weightDecay: 0 },
  });
  const going = startTiny(backend, run);
  const reports = await takeSteps(going);
  const { parameters } = trained(await going.snapshot());
  going.dispose();
  return { reports, parameters };
}

type Steps = Awaited<ReturnType<typeof stepsWith>>;

/** Insists that two runs made the same steps, up to float32 rounding. */
function assertAlike(parts: Steps, whole: Steps): void {
  deepStrictEqual(
    parts.reports.map(({ step, images }) => [step, images]),
    whole.reports.map(({ step, images }) => [step, images]),
  );
  parts.reports.forEach(({ loss, stageLosses }, step) => {
    const other = whole.reports[step];
    ok(Math.abs(loss - (other?.loss ?? NaN)) < 1e-6 * loss, `step ${step}`);
    deepStrictEqual(
      Object.keys(stageLosses),
      Object.keys(other?.stageLosses ?? {}),
    );
  });
  for (const [name, data] of parts.parameters) {
    const other = whole.parameters.get(name) ?? new Float32Array();
    const error = Math.max(
      ...data.map((value, i) => Math.abs(value - (other[i] ?? NaN))),
    );
    ok(error < 1e-6, `${name} differs by ${error}`);
  }
}

await onDevices(
  ["cpu", "onnx"],
  "six images in three micro-batches make the same steps as in one, up to float32 rounding",
  async (backend) => {
    const [parts, whole] = [
      await stepsWith(backend, 2, 3),
      await stepsWith(backend, 6, 1),
    ];
    strictEqual(parts.reports.length, 6);
    assertAlike(parts, whole);
  },
);

await onDevices(
  ["onnx"],
  "a batch in two parts at one time makes the same steps as in one piece",
  async (backend) => {
    strictEqual(backend.parallelRuns, 2);
    const inOnePiece = { ...backend, parallelRuns: 1 };
    const training = { ...TINY_CONFIG.training, batchSize: 12 };
    strictEqual(batchParts(pretrainTask(tinyRun({ training })), backend), 2);
    assertAlike(
      await stepsWith(backend, 12, 1),
      await stepsWith(inOnePiece, 12, 1),
    );
  },
);

await onDevices(
  ["onnx"],
  "a run in parts leaves nothing on the device when a part fails",
  async (backend) => {
    const before = backend.liveTensors();
    let runs = 0;
    const failing: Backend = {
      ...backend,
      compile: async (graph, options) => {
        const program = await backend.compile(graph, options);
        if (program._tag === "Left" || options?.atOnce !== 2) return program;
        const run: Program["run"] = (inputs) =>
          ++runs === 4
            ? Promise.resolve(left({
              _tag: "ExecutionFailed",
              device: "onnx",
              reason: "the second part of the second step",
            }))
            : program.right.run(inputs);
        return right({ ...program.right, run });
      },
    };
    const training = { ...TINY_CONFIG.training, batchSize: 12 };
    const going = startTiny(failing, tinyRun({ training }));
    await rejects(takeSteps(going), /the second part of the second step/);
    strictEqual(runs, 4);
    going.dispose();
    strictEqual(backend.liveTensors(), before);
  },
);

/** Two steps of six images in float64, with AdamW and every gradient clipped. */
async function clippedSteps(batchSize: number, accumIter: number) {
  const training = { ...TINY_CONFIG.training, batchSize, accumIter, epochs: 3 };
  const change: Partial<PretrainConfig> = { training, clipGrad: 0.01 };
  const going = startTiny(
    referenceBackend({ precision: "float64" }),
    tinyRun(change),
  );
  const reports = await takeSteps(going, 2);
  const { parameters } = trained(await going.snapshot());
  going.dispose();
  return { reports, parameters };
}

Deno.test("losses, gradientNorm and clipped steps of AdamW are those of the whole batch, whatever the micro-batch: in float64 to rounding", async () => {
  const whole = await clippedSteps(6, 1);
  for (const [batchSize, accumIter] of [[3, 2], [2, 3], [1, 6]] as const) {
    const parts = await clippedSteps(batchSize, accumIter);
    parts.reports.forEach((report, step) => {
      const numbers = ({ loss, stageLosses, gradientNorm }: typeof report) => [
        loss,
        ...Object.values(stageLosses),
        gradientNorm ?? NaN,
      ];
      const wanted = numbers(whole.reports[step]!);
      const found = numbers(report);
      ok((report.gradientNorm ?? 0) > 0.1, "every step is clipped");
      found.forEach((x, i) => {
        const error = Math.abs(x / wanted[i]! - 1);
        // What is read for a report is rounded to float32.
        ok(error <= 2e-7, `${accumIter} micro-batches, step ${step}: ${error}`);
      });
    });
    for (const [name, data] of parts.parameters) {
      const error = largestDifference(data, whole.parameters.get(name)!);
      ok(
        error <= 1e-7,
        `${accumIter} micro-batches: ${name} is off by ${error}`,
      );
    }
  }
});
