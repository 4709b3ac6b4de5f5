import { onSwiftShader } from "./with_driver.ts";

onSwiftShader(
  "onnx-webgpu keeps the contract and has the reference's gradients",
);
