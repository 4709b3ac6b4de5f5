import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../backends/backend.ts";
import { onDevices } from "./devices.ts";
import {
  startTiny,
  takeSteps,
  TINY_CONFIG,
  tinyRun,
  trained,
} from "./tiny_run.ts";

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

await onDevices(
  ["cpu", "onnx"],
  "six images in three micro-batches make the same steps as in one, up to float32 rounding",
  async (backend) => {
    const [parts, whole] = [
      await stepsWith(backend, 2, 3),
      await stepsWith(backend, 6, 1),
    ];
    deepStrictEqual(
      parts.reports.map(({ step, images }) => [step, images]),
      whole.reports.map(({ step, images }) => [step, images]),
    );
    strictEqual(parts.reports.length, 6);
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
  },
);
