import { match, rejects, strictEqual } from "node:assert/strict";
import { startNativeRuntime } from "../../../../backends/onnx/runtime/native_runtime.ts";
import { startPackageRuntime } from "../../../../backends/onnx/runtime/package_runtime.ts";
import {
  reasonOf,
  startRuntime,
} from "../../../../backends/onnx/runtime/start_runtime.ts";
import { opened } from "../open_onnx.ts";
import { fakeRuntime } from "./fake_runtime.ts";

const squaring = fakeRuntime((x) => x * x);
const doubling = fakeRuntime((x) => x + x);

Deno.test("startRuntime() takes the C interface if that computes rightly", async () => {
  const { runtime, description } = await startRuntime({
    native: () => squaring,
    package: () => doubling,
  });
  strictEqual(runtime, squaring);
  strictEqual(description, "ONNX Runtime 1.30.0");
});

Deno.test("startRuntime() takes the binding if the C interface computes something else, and says why", async () => {
  const { runtime, description } = await startRuntime({
    native: () => doubling,
    package: () => squaring,
  });
  strictEqual(runtime, squaring);
  strictEqual(
    description,
    "ONNX Runtime 1.30.0 through its npm binding, because ONNX Runtime squares 1,-2,3 to 2,-4,6",
  );
});

Deno.test({
  name:
    "startRuntime() takes the binding if the library's file is missing, and says why",
  ignore: opened._tag === "Left",
  fn: async () => {
    const { description } = await startRuntime({
      native: () => startNativeRuntime("/nowhere/libonnxruntime.so.1"),
      package: startPackageRuntime,
    });
    match(
      description,
      /^ONNX Runtime 1\.30\.0 through its npm binding, because .*\/nowhere\//,
    );
  },
});

Deno.test("startRuntime() gives both reasons if neither way works", async () => {
  await rejects(
    () =>
      startRuntime({
        native: () => Promise.reject(new Error("no library")),
        package: () => doubling,
      }),
    /^Error: no library; through its npm binding: ONNX Runtime squares/,
  );
});

Deno.test("reasonOf() leaves out where the engine's own source found the reason", () => {
  strictEqual(
    reasonOf(new Error("/a/b.cc:136 f() x == y was false. No adapter\n")),
    "No adapter",
  );
  strictEqual(reasonOf("plain words"), "plain words");
});
