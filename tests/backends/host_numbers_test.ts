import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { traceGraph } from "../../core/mod.ts";
import { orThrow } from "../../train/mod.ts";
import { right } from "../right.ts";
import { onDevices } from "../train/devices.ts";

await onDevices(
  ["onnx"],
  "hostNumbers() are those of one tensor alone, none of one that shares its memory",
  async (backend) => {
    const graph = right(traceGraph((g) => {
      const y = g.scale(g.input("x", [2]), 2);
      return { y, again: g.reshape(y, [2, 1]), other: g.scale(y, 2) };
    }));
    const program = orThrow(await backend.compile(graph));
    const x = backend.upload({ shape: [2], data: Float32Array.of(1, 2) });
    const outputs = orThrow(await program.run(new Map([["x", x]])));
    const of = (name: string) => backend.hostNumbers?.(outputs.get(name)!);
    deepStrictEqual(of("other"), Float32Array.of(4, 8));
    strictEqual(of("y"), undefined);
    strictEqual(of("again"), undefined);
    outputs.get("again")?.dispose();
    const numbers = of("y");
    ok(numbers !== undefined);
    numbers.set([5, 6]);
    deepStrictEqual(await outputs.get("y")?.read(), Float32Array.of(5, 6));
    [x, ...outputs.values()].forEach((tensor) => tensor.dispose());
    program.dispose();
  },
);
