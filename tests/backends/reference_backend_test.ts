import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { referenceBackend } from "../../backends/mod.ts";
import { traceGraph } from "../../core/mod.ts";
import { value } from "./contract.ts";

const third = async (precision: "float32" | "float64") => {
  const backend = referenceBackend({ precision });
  const graph = value(
    traceGraph((g) => ({ y: g.scale(g.input("x", [1]), 1 / 3) })),
  );
  const program = value(await backend.compile(graph));
  const x = backend.upload({ shape: [1], data: Float64Array.of(0.1) });
  return await value(await program.run(new Map([["x", x]]))).get("y")?.read();
};

Deno.test("referenceBackend() gives float32 like every engine by default", async () => {
  deepStrictEqual(await third("float32"), Float32Array.of(0.1 / 3));
});

Deno.test("referenceBackend() gives all of float64 when asked", async () => {
  deepStrictEqual(await third("float64"), Float64Array.of(0.1 * (1 / 3)));
});

Deno.test("referenceBackend() keeps indices as whole numbers", async () => {
  const backend = referenceBackend({ precision: "float64" });
  const x = backend.upload({ shape: [2], data: Int32Array.of(3, -1) });
  strictEqual(x.dtype, "int32");
  deepStrictEqual(await x.read(), Int32Array.of(3, -1));
});
