/** Names of devices and of what can be chosen about them. */

/** Name of a device. */
export type DeviceName = "webgpu" | "onnx" | "wasm" | "cpu" | "webgpu-ops";

/** Every device: those that `auto` considers, fastest kind first, and another that checks the first. */
export const DEVICES: readonly DeviceName[] = [
  "webgpu",
  "onnx",
  "wasm",
  "cpu",
  "webgpu-ops",
];

/** A device by name, or whatever is fastest here. */
export type BackendChoice = "auto" | DeviceName;

/** Possible choices. */
export const BACKEND_CHOICES: readonly BackendChoice[] = ["auto", ...DEVICES];

/** Form of activations: 32 bits a number, or those that products pass on in bfloat16. */
export type Precision = "float32" | "bf16";

/** Forms of activations. */
export const PRECISIONS: readonly Precision[] = ["float32", "bf16"];
