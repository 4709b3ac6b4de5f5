import { rejects } from "node:assert/strict";
import { verifyRuntime } from "../../../../backends/onnx/runtime/start_runtime.ts";
import { fakeRuntime } from "./fake_runtime.ts";

Deno.test("verifyRuntime() accepts a library that squares", async () => {
  await verifyRuntime(fakeRuntime((x) => x * x));
});

Deno.test("verifyRuntime() refuses a library that computes something else, and says what", async () => {
  await rejects(
    () => verifyRuntime(fakeRuntime((x) => x + x)),
    /ONNX Runtime squares 1,-2,3 to 2,-4,6/,
  );
  await rejects(
    () => verifyRuntime(fakeRuntime(() => NaN)),
    /ONNX Runtime squares 1,-2,3 to NaN,NaN,NaN/,
  );
});
