/** Tests of kernels and programs on the adapter of this machine. */
import { testDevice } from "./run_calls.ts";

const device = await testDevice();

/**
 * Registers a test that needs the adapter; without one it is skipped, with the reason in
 * its name. Its buffers are freed with the device, which all tests of a file share.
 */
export function deviceTest(
  name: string,
  fn: (device: GPUDevice) => Promise<void> | void,
): void {
  Deno.test({
    name: device === null ? `${name} [skipped: no graphics adapter]` : name,
    ignore: device === null,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => fn(device!),
  });
}
