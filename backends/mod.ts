/**
 * Engines: they compile graphs and run them on a device.
 *
 * @module
 */
export * from "./backend.ts";
export { interruptible } from "./interruptible.ts";
export * from "./onnx/file/onnx_file.ts";
export * from "./onnx/onnx_backend.ts";
export { verifyInt8 } from "./program_inputs.ts";
export * from "./reference_backend.ts";
export * from "./select.ts";
export * from "./self_test.ts";
export * from "./tfjs/tfjs_backend.ts";
