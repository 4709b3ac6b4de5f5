/**
 * The engines that this machine can run.
 *
 * @module
 */
import {
  type Backend,
  type BackendError,
  describeBackendError,
  onnxBackend,
  referenceBackend,
} from "../../backends/mod.ts";
import {
  tfjsBackend,
  type TfjsDevice,
} from "../../backends/tfjs/tfjs_backend.ts";
import { webgpuBackend } from "../../backends/webgpu/webgpu_backend.ts";
import { type Result, right } from "../../core/mod.ts";

/** Name of an engine. */
export type DeviceName =
  | TfjsDevice
  | "webgpu"
  | "reference"
  | "reference in line"
  | "onnx"
  | "onnx on one thread";

const opened = new Map<DeviceName, Promise<Result<BackendError, Backend>>>();

function start(device: DeviceName): Promise<Result<BackendError, Backend>> {
  switch (device) {
    case "reference":
      return Promise.resolve(right(referenceBackend()));
    case "reference in line":
      return Promise.resolve(
        right(referenceBackend({ precision: "float32", runsAhead: 3 })),
      );
    case "onnx":
      return onnxBackend({ threads: 2 });
    case "onnx on one thread":
      return onnxBackend({ threads: 1 });
    case "webgpu":
      return webgpuBackend();
    default:
      return tfjsBackend(device);
  }
}

/** Each engine is started once, when the first test asks for it. */
export function openDevice(
  device: DeviceName,
): Promise<Result<BackendError, Backend>> {
  const backend = opened.get(device) ?? start(device);
  opened.set(device, backend);
  return backend;
}

/**
 * Registers a test for each of some engines; one that this machine has not is
 * skipped with the reason in its name.
 *
 * @param devices Which engines.
 * @param name Subject and law.
 * @param test The test.
 */
export async function onDevices(
  devices: readonly DeviceName[],
  name: string,
  test: (backend: Backend) => Promise<void>,
): Promise<void> {
  for (const device of devices) {
    const backend = await openDevice(device);
    if (backend._tag === "Right") {
      Deno.test(`${device}: ${name}`, () => test(backend.right));
    } else {
      const reason = describeBackendError(backend.left);
      Deno.test({
        name: `${device}: ${name} [skipped: ${reason}]`,
        ignore: true,
        fn: () => {},
      });
    }
  }
}
