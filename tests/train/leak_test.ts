import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { traceGraph } from "../../core/mod.ts";
import { garbageCollector } from "../../tools/memory_course.ts";
import { right } from "../right.ts";
import { onDevices } from "./devices.ts";
import { startTiny, tinyRun, trained } from "./tiny_run.ts";

await onDevices(
  ["cpu", "wasm", "webgpu", "onnx"],
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

const collectGarbage = garbageCollector();

await onDevices(
  ["reference", "cpu", "wasm", "webgpu", "onnx"],
  "compile() keeps nothing of a program that was disposed",
  async (backend) => {
    const disposed = async (): Promise<WeakRef<object>> => {
      const graph = right(traceGraph((g) => ({
        square: g.matmul(g.input("a", [2, 2]), g.input("a", [2, 2])),
      })));
      const program = await backend.compile(graph);
      if (program._tag === "Left") throw new Error(program.left._tag);
      program.right.dispose();
      return new WeakRef(graph);
    };
    const graph = await disposed();
    // A WeakRef holds on until the present job is over.
    await new Promise((resolve) => setTimeout(resolve, 0));
    collectGarbage();
    strictEqual(graph.deref(), undefined);
  },
);
