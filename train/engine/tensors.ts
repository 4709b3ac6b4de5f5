/** Tensors by name, to a device and back. */
import type {
  Backend,
  BackendError,
  DeviceTensor,
  DeviceTensors,
  HostInput,
} from "../../backends/backend.ts";
import { uploadInput } from "../../backends/pixel_numbers.ts";
import { left, type Result, right } from "../../core/mod.ts";
import { reasonOf } from "../../data/report/data_error.ts";
import type { TrainError } from "../train_error.ts";

/** Tensors by name, row-major; shapes follow from the training. */
export type HostTensors = ReadonlyMap<string, Float32Array>;

/** Inputs of a graph by name. */
export type HostBatch = Readonly<Record<string, HostInput>>;

/** Numbers of several arrays, one behind the other. */
export function joinedNumbers(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** Copies named tensors to a device. */
export function uploadAll(backend: Backend, tensors: HostBatch): DeviceTensors {
  return new Map(
    Object.entries(tensors).map((
      [name, tensor],
    ) => [name, uploadInput(backend, tensor)]),
  );
}

/** Gives tensors back to their device. */
export function disposeAll(tensors: Iterable<DeviceTensor>): void {
  for (const tensor of tensors) tensor.dispose();
}

/** Wraps an engine's error as training's; a run that was stopped is no failure. */
export function orBackendFailed<A>(
  result: Result<BackendError, A>,
): Result<TrainError, A> {
  if (result._tag === "Right") return result;
  const { left: error } = result;
  return left(
    error._tag === "Interrupted"
      ? { _tag: "Stopped" }
      : { _tag: "BackendFailed", error },
  );
}

async function copyOf(
  [name, tensor]: readonly [string, DeviceTensor],
): Promise<readonly [string, Float32Array]> {
  const data = await tensor.read();
  return [name, data instanceof Float32Array ? data : Float32Array.from(data)];
}

/**
 * Copies tensors to main memory. Waits until the device has computed them.
 *
 * @returns Copies by name, or why the device gave none: it was lost, or a tensor was disposed.
 */
export async function download(
  backend: Backend,
  tensors: DeviceTensors,
): Promise<Result<TrainError, HostTensors>> {
  try {
    // All at once: a graphics card answers each request only after a delay.
    const copies = await Promise.all([...tensors].map(copyOf));
    return right(new Map(copies));
  } catch (error) {
    const { name: device } = backend.device;
    return left({
      _tag: "BackendFailed",
      error: { _tag: "ExecutionFailed", device, reason: reasonOf(error) },
    });
  }
}
