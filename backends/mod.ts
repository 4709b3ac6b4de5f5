/**
 * Engines: they compile graphs and run them on a device.
 *
 * @module
 */
export {
  type Backend,
  type BackendError,
  describeBackendError,
  type DeviceInfo,
  type DeviceTensors,
  type HostInput,
  type Program,
} from "./backend.ts";
export { onnxFiles } from "./onnx/file/onnx_file.ts";
export { onnxBackend } from "./onnx/onnx_backend.ts";
export { verifyInt8 } from "./program_inputs.ts";
export { referenceBackend } from "./reference_backend.ts";
export {
  BACKEND_CHOICES,
  type BackendChoice,
  type Precision,
  PRECISIONS,
} from "./device_names.ts";
export type { Selection, SelectOptions } from "./device_choice.ts";
export { selectBackend } from "./select.ts";
export { selfTest } from "./self_test.ts";
export type { TuningOptions } from "./webgpu/tune/tuner.ts";
export type { TuningStore } from "./webgpu/tune/tuning_memory.ts";
