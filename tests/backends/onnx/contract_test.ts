import type { Dialect } from "../../../backends/onnx/lower/onnx_writer.ts";
import { startEngine } from "../../../backends/onnx/engine.ts";
import { engineBackend } from "../../../backends/onnx/engine_backend.ts";
import type { OrtRuntime } from "../../../backends/onnx/runtime/ort_runtime.ts";
import { startPackageRuntime } from "../../../backends/onnx/runtime/package_runtime.ts";
import { startRuntime } from "../../../backends/onnx/runtime/start_runtime.ts";
import { CONTRACT } from "../contract.ts";
import { onOnnx, opened } from "./open_onnx.ts";

const backendOf = (name: string, runtime: OrtRuntime, dialect: Dialect) =>
  engineBackend(startEngine({
    runtime,
    threads: 2,
    provider: "cpu",
    dialect,
    device: { name, description: name, isGpu: false },
  }));

/** The operators of the WebGPU engine, on the processor. */
async function plainBackend() {
  const { runtime } = await startRuntime();
  return backendOf("onnx in plain operators", runtime, "plain");
}

/** The engine where the C interface cannot be used. */
const bindingBackend = async () =>
  backendOf("onnx by its binding", await startPackageRuntime(), "fused");

for (const { name, run } of CONTRACT) onOnnx(name, run);

if (opened._tag === "Right") {
  for (const backend of [await plainBackend(), await bindingBackend()]) {
    for (const { name, run } of CONTRACT) {
      Deno.test(`${backend.device.name}: ${name}`, () => run(backend));
    }
  }
}
