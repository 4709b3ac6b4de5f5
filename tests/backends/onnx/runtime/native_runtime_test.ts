import { rejects, throws } from "node:assert/strict";
import { startNativeRuntime } from "../../../../backends/onnx/runtime/native_runtime.ts";
import { libraryFile } from "../../../../backends/onnx/runtime/start_runtime.ts";

const file = libraryFile(
  import.meta.resolve("onnxruntime-node"),
  Deno.build.os,
  Deno.build.arch,
);
const runtime = file === null ? null : startNativeRuntime(file.pathname);

Deno.test("startNativeRuntime() names a library that is not there", () => {
  throws(() => startNativeRuntime("/nowhere/libonnxruntime.so"), /nowhere/);
});

Deno.test({
  name: "open() rejects what is no model with ONNX Runtime's message",
  ignore: runtime === null,
  fn: async () => {
    await rejects(
      () =>
        runtime!.open(Uint8Array.of(1, 2, 3), {
          threads: 1,
          inputs: [],
          outputs: [],
        }),
      /protobuf/i,
    );
  },
});
