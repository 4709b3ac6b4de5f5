/**
 * What the WebGPU engine must keep; run by `with_driver.ts` in a process of its own,
 * with the graphics driver that is to be used.
 *
 * @module
 */
import { rejects, strictEqual } from "node:assert/strict";
import { selectBackend } from "../../../backends/mod.ts";
import { onnxWebgpuBackend } from "../../../backends/onnx/onnx_backend.ts";
import { encodeModel } from "../../../backends/onnx/file/onnx_model.ts";
import { startPackageRuntime } from "../../../backends/onnx/runtime/package_runtime.ts";
import {
  startRuntime,
  verifyRuntime,
} from "../../../backends/onnx/runtime/start_runtime.ts";
import { CONTRACT, value } from "../contract.ts";
import { assertTinyGradients } from "./tiny_gradients.ts";

const backend = value(await onnxWebgpuBackend());

for (const { name, run } of CONTRACT) {
  Deno.test(`onnx-webgpu: ${name}`, () => run(backend));
}

Deno.test("onnx-webgpu: gradients of the whole step are those of the reference to 1e-5", () =>
  assertTinyGradients(0, 223, 1e-5, backend));

Deno.test("onnxWebgpuBackend() takes no software for graphics hardware", () => {
  strictEqual(
    backend.device.description,
    "ONNX Runtime 1.30.0, WebGPU on SwiftShader Device (Subzero)",
  );
  strictEqual(backend.device.isGpu, false);
});

Deno.test("selectBackend() takes the WebGPU engine when it is asked for by name", async () => {
  const { backend, why } = value(await selectBackend("onnx-webgpu"));
  strictEqual(
    why,
    `Using onnx-webgpu (${backend.device.description}) as asked`,
  );
  backend.dispose();
});

Deno.test("verifyRuntime() finds WebGPU also by the binding", async () => {
  await verifyRuntime("webgpu", await startPackageRuntime());
});

/** An operator that the engine has for processors only. */
const SIGNS = encodeModel({
  nodes: [{
    op: "Sign",
    domain: "",
    inputs: ["x"],
    outputs: ["y"],
    attributes: {},
  }],
  initializers: [],
  inputs: [{ name: "x", type: "float32", shape: [3] }],
  outputs: [{ name: "y", type: "float32", shape: [3] }],
});

Deno.test("open() refuses a model of which a part would be left to the processor", async () => {
  const { runtime } = await startRuntime();
  for (const way of [runtime, await startPackageRuntime()]) {
    const settings = { threads: 1, inputs: ["x"], outputs: ["y"] };
    await way.open(SIGNS, { ...settings, provider: "cpu" });
    await rejects(
      way.open(SIGNS, { ...settings, provider: "webgpu" }),
      /fallback to CPU EP has been explicitly disabled/,
    );
  }
});
