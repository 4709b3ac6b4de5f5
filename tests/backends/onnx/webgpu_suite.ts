/**
 * What the WebGPU engine must keep; run by `webgpu_test.ts` in a process of its own,
 * with the graphics driver that is to be used.
 *
 * @module
 */
import { strictEqual } from "node:assert/strict";
import { onnxWebgpuBackend, selectBackend } from "../../../backends/mod.ts";
import { CONTRACT, value } from "../contract.ts";
import { assertTinyGradients } from "./tiny_gradients.ts";

const backend = value(await onnxWebgpuBackend());

for (const { name, run } of CONTRACT) {
  Deno.test(`onnx-webgpu: ${name}`, () => run(backend));
}

Deno.test("onnx-webgpu: gradients with 7 layers frozen are those of the reference to 1e-5", () =>
  assertTinyGradients(7, 154, 1e-5, backend));

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
