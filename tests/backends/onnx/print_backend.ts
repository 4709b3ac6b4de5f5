/**
 * Prints what starting ONNX Runtime gives, for tests of permissions.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { describeBackendError, onnxBackend } from "../../../backends/mod.ts";

const backend = await onnxBackend({ threads: 1 });
console.log(
  backend._tag === "Left"
    ? describeBackendError(backend.left)
    : backend.right.device.description,
);
