/** The TensorFlow.js engine on a device. */
import { left, type Result, right } from "../../core/mod.ts";
import type { Backend, BackendError } from "../backend.ts";
import {
  checkIsLocal,
  checkReplaced,
  disposingReplaced,
  refuseInt8,
} from "../program_inputs.ts";
import type { Device } from "./device.ts";
import { compileProgram, messageOf } from "./program.ts";
import { tensorPool } from "./tensor_pool.ts";

function backendOn(device: Device): Backend {
  const pool = tensorPool(device);
  return {
    device: device.info,
    compile: (graph, options = {}) => {
      const { replaces = {} } = options;
      checkIsLocal(graph);
      checkReplaced(graph, replaces);
      const program = refuseInt8(device.info, options) ??
        compileProgram(device, pool, graph);
      return Promise.resolve(
        program._tag === "Left"
          ? program
          : right(disposingReplaced(program.right, replaces)),
      );
    },
    upload: (tensor) => pool.lend(pool.write(tensor)),
    liveTensors: () => device.storage.numDataIds(),
    liveBytes: pool.liveBytes,
    dispose: pool.releaseAll,
  };
}

/**
 * Opens a device and starts the engine on it.
 *
 * @param name Name of the device, for the message when it cannot be opened.
 */
export async function startedOn(
  name: string,
  open: () => Promise<Device>,
): Promise<Result<BackendError, Backend>> {
  try {
    return right(backendOn(await open()));
  } catch (thrown) {
    const reason = messageOf(thrown);
    return left({ _tag: "BackendUnavailable", device: name, reason });
  }
}
