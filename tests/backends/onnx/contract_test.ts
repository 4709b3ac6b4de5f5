import { startEngine } from "../../../backends/onnx/engine.ts";
import { engineBackend } from "../../../backends/onnx/engine_backend.ts";
import { startPackageRuntime } from "../../../backends/onnx/runtime/package_runtime.ts";
import { CONTRACT } from "../contract.ts";
import { onOnnx, opened } from "./open_onnx.ts";

/** The engine where the C interface cannot be used. */
async function bindingBackend() {
  const name = "onnx by its binding";
  return engineBackend(startEngine({
    runtime: await startPackageRuntime(),
    threads: 2,
    device: { name, description: name, isGpu: false },
  }));
}

for (const { name, run } of CONTRACT) onOnnx(name, run);

if (opened._tag === "Right") {
  const backend = await bindingBackend();
  for (const { name, run } of CONTRACT) {
    Deno.test(`${backend.device.name}: ${name}`, () => run(backend));
  }
}
