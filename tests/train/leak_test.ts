import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { onDevices } from "./devices.ts";
import { startTiny, tinyRun, trained } from "./tiny_run.ts";

await onDevices(
  ["cpu", "wasm", "onnx", "webgpu"],
  "a run holds equally many tensors in all steps of a phase, fewer in the next, and none after dispose()",
  async (backend) => {
    const before = [backend.liveTensors(), backend.liveBytes()];
    const run = tinyRun();
    const training = startTiny(backend, run);
    const alive = new Map<number, Set<number>>();
    for await (const result of training) {
      const { phase } = trained(result);
      const counts = alive.get(phase) ?? new Set();
      alive.set(phase, counts.add(backend.liveTensors()));
    }
    deepStrictEqual([...alive.values()].map(({ size }) => size), [
      1,
      1,
      1,
      1,
      1,
    ]);
    const counts = [...alive.values()].map(([count]) => count ?? NaN);
    ok(
      counts.every((count, i) => i === 0 || count < (counts[i - 1] ?? 0)),
      counts.join(" "),
    );
    training.dispose();
    strictEqual(training.step, run.plan.totalSteps);
    deepStrictEqual([backend.liveTensors(), backend.liveBytes()], before);
  },
);
