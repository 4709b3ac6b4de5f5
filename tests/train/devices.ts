/**
 * The engines that this machine can run.
 *
 * @module
 */
import {
  type Backend,
  type BackendError,
  describeBackendError,
} from "../../backends/backend.ts";
import {
  tfjsBackend,
  type TfjsDevice,
} from "../../backends/tfjs/tfjs_backend.ts";
import type { Result } from "../../core/mod.ts";

const opened = new Map<TfjsDevice, Promise<Result<BackendError, Backend>>>();

const open = (device: TfjsDevice): Promise<Result<BackendError, Backend>> => {
  const backend = opened.get(device) ?? tfjsBackend(device);
  opened.set(device, backend);
  return backend;
};

/**
 * Registers a test for each of some engines; one that this machine has not is
 * skipped with the reason in its name.
 *
 * @param devices Which engines.
 * @param name Subject and law.
 * @param test The test.
 */
export async function onDevices(
  devices: readonly TfjsDevice[],
  name: string,
  test: (backend: Backend) => Promise<void>,
): Promise<void> {
  for (const device of devices) {
    const backend = await open(device);
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
