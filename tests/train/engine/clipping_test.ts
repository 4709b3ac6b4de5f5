import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/backend.ts";
import type { PretrainConfig } from "../../../core/mod.ts";
import { trainableParameters } from "../../../train/mod.ts";
import { onDevices } from "../devices.ts";
import {
  startTiny,
  takeSteps,
  TINY_CONFIG,
  tinyRun,
  trained,
} from "../tiny_run.ts";

/** Plain descent of rate 1 by the gradient itself: a step is a gradient. */
const DESCENT: Partial<PretrainConfig> = {
  optimizer: { _tag: "Sgd", momentum: 0, weightDecay: 0 },
  rate: {
    ...TINY_CONFIG.rate,
    baseRate: 1,
    endRate: 1,
    mode: { _tag: "Uniform" },
  },
};

/** Length of what a step moved, of what was trained and of all the rest. */
async function movedBy(backend: Backend, change: Partial<PretrainConfig>) {
  const run = tinyRun({ ...DESCENT, ...change });
  const training = startTiny(backend, run);
  const step = run.plan.phases[1]?.from ?? NaN;
  const names = new Set(
    trainableParameters(run.config, run.plan, step + 1).map(({ name }) => name),
  );
  await takeSteps(training, step);
  const before = trained(await training.snapshot()).parameters;
  const [report] = await takeSteps(training, 1);
  const after = trained(await training.snapshot()).parameters;
  training.dispose();
  const length = (ofTrained: boolean): number =>
    Math.hypot(
      ...[...after].flatMap(([name, data]) =>
        names.has(name) === ofTrained
          ? [Math.hypot(...data.map((x, i) => x - before.get(name)![i]!))]
          : []
      ),
    );
  return { report: report!, moved: length(true), still: length(false) };
}

await onDevices(
  ["cpu", "wasm", "webgpu", "onnx"],
  "with clipGrad a step is as long as allowed, and gradientNorm is the length that it would have had; what is frozen has none",
  async (backend) => {
    for (const accumIter of [1, 2]) {
      const training = { ...TINY_CONFIG.training, accumIter, epochs: 4 };
      const clipGrad = 1e-3;
      const { report, moved, still } = await movedBy(backend, {
        training,
        clipGrad,
      });
      const { gradientNorm = NaN, rates, frozenLayers } = report;
      ok(frozenLayers > 0 && gradientNorm > 10 * clipGrad, `${gradientNorm}`);
      strictEqual(still, 0);
      const rate = rates.at(-1) ?? NaN;
      // A gradient of 0.001 beside parameters of about 1 is rounded a little.
      ok(Math.abs(moved / (rate * clipGrad) - 1) < 1e-3, `moved by ${moved}`);
    }
  },
);

/** What some steps with a length of gradients, or with none, say of gradients and leave. */
async function courseOf(
  backend: Backend,
  steps: number,
  clipGrad: number | undefined,
) {
  const run = tinyRun(clipGrad === undefined ? {} : { clipGrad });
  const training = startTiny(backend, run);
  const reports = await takeSteps(training, steps);
  const norms = reports.map(({ gradientNorm = NaN }) => gradientNorm);
  ok(norms.every((norm) => norm > 0 && norm < 1e3), `${norms}`);
  const end = trained(await training.snapshot());
  training.dispose();
  return { norms, end };
}

/** Layers freeze at steps 5 and 7. */
const STEPS = 8;

await onDevices(
  ["cpu", "onnx"],
  "gradientNorm is the length of the gradients, clipped or not, and a length that is never reached changes nothing, not a bit",
  async (backend) => {
    deepStrictEqual(
      await courseOf(backend, STEPS, 1e6),
      await courseOf(backend, STEPS, undefined),
    );
  },
);

/** Largest error of a number relative to itself. */
const relativeError = (found: Float32Array, wanted: Float32Array): number =>
  wanted.reduce((largest, x, i) => {
    const error = Math.abs(found[i]! - x);
    return Math.max(largest, error === 0 ? 0 : error / Math.abs(x));
  }, 0);

await onDevices(
  ["webgpu"],
  "lengths that are never reached give the same numbers, to the bit, and the first step without one, but for the last bits of squares",
  async (backend) => {
    deepStrictEqual(
      await courseOf(backend, STEPS, 1e6),
      await courseOf(backend, STEPS, 1e5),
    );
    const [never, without] = [
      await courseOf(backend, 1, 1e6),
      await courseOf(backend, 1, undefined),
    ];
    deepStrictEqual(never.norms, without.norms);
    deepStrictEqual(never.end.parameters, without.end.parameters);
    for (const [name, wanted] of without.end.optimizer) {
      const found = never.end.optimizer.get(name)!;
      // A factor of 1 in (1 − β₂)·g·g: shaders may be compiled to another order.
      const most = name.startsWith("exp_avg_sq/") ? 2 ** -22 : 0;
      const error = relativeError(found, wanted);
      ok(error <= most, `${name} is off by ${error}`);
    }
    strictEqual(never.end.optimizer.size, without.end.optimizer.size);
  },
);
