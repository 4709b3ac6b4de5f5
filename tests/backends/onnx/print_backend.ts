/**
 * Prints what starting ONNX Runtime gives, for tests of permissions.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { describeBackendError, onnxBackend } from "../../../backends/mod.ts";
import { onnxWebgpuBackend } from "../../../backends/onnx/onnx_backend.ts";

const backend = Deno.args[0] === "onnx-webgpu"
  ? await onnxWebgpuBackend()
  : await onnxBackend({ threads: 1 });
console.log(
  backend._tag === "Left"
    ? describeBackendError(backend.left)
    : backend.right.device.description,
);
