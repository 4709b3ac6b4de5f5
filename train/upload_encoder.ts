/**
 * Encoders on a device.
 *
 * @module
 */
import { uploadAll } from "./engine/tensors.ts";
import type { Backend, DeviceTensors } from "../backends/backend.ts";
import { type ModelSpec, patchCount } from "../core/mod.ts";

import { POSITION_TABLE } from "./features.ts";
import type { HostTensors } from "./engine/snapshot.ts";
import { encoderParameters } from "./weights/encoder_start.ts";

/**
 * Copies an encoder to a device: its parameters and, if it has one of its own, its
 * position table.
 *
 * @param backend Where it goes.
 * @param model Its sizes.
 * @param parameters Its parameters by name; others are left out.
 * @returns Tensors by name; they become the caller's.
 */
export function uploadEncoder(
  backend: Backend,
  model: ModelSpec,
  parameters: HostTensors,
): DeviceTensors {
  const table = [1, 1 + patchCount(model), model.embedDim];
  const wanted = [
    ...encoderParameters(model),
    { name: POSITION_TABLE, shape: table },
  ];
  return uploadAll(
    backend,
    Object.fromEntries(wanted.flatMap(({ name, shape }) => {
      const data = parameters.get(name);
      return data === undefined ? [] : [[name, { shape, data }]];
    })),
  );
}
