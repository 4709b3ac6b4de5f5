import { rejects } from "node:assert/strict";
import { proveRuntime } from "../../../../backends/onnx/runtime/prove_runtime.ts";
import { fakeRuntime } from "./fake_runtime.ts";

Deno.test("proveRuntime() accepts a library that squares", async () => {
  await proveRuntime("cpu", fakeRuntime((x) => x * x));
});

Deno.test("proveRuntime() refuses a library that computes something else, and says what", async () => {
  await rejects(
    () => proveRuntime("cpu", fakeRuntime((x) => x + x)),
    /ONNX Runtime squares 1,-2,3 to 2,-4,6/,
  );
  await rejects(
    () => proveRuntime("cpu", fakeRuntime(() => NaN)),
    /ONNX Runtime squares 1,-2,3 to NaN,NaN,NaN/,
  );
});
