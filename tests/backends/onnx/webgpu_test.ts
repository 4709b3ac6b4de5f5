import { match } from "node:assert/strict";
import { onSwiftShader, withDriver } from "./with_driver.ts";

onSwiftShader(
  "onnx-webgpu takes no software for graphics hardware and refuses a model that it cannot compute whole; a layer has the reference's gradients",
  "/graphics hardware|left to the processor|a layer and its gradients/",
);

Deno.test("onnxWebgpuBackend() without a graphics driver is an error with the engine's reason", async () => {
  const program = new URL("./print_backend.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--no-check", program, "onnx-webgpu"];
  const { out } = await withDriver("/nowhere/driver.json", ...args);
  match(out, /^Cannot use onnx-webgpu: .*(adapter|WebGPU)/m);
});
