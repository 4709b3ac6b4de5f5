/** Running compiled graphs on numbers of main memory, in full precision. */
import {
  disposeAll,
  orBackendFailed,
  uploadAll,
} from "../../train/engine/tensors.ts";
import type {
  Backend,
  DeviceTensors,
  HostTensor,
  Program,
} from "../../backends/backend.ts";
import { inputSignatures, left, type Result, right } from "../../core/mod.ts";

import type { TrainError } from "../../train/train_error.ts";

/** Tensors by name. */
export type HostTensors = Readonly<Record<string, HostTensor>>;

/** All reads are under way at once: a device may make each wait for some milliseconds. */
async function readAll(
  { device }: Backend,
  tensors: DeviceTensors,
): Promise<Result<TrainError, HostTensors>> {
  try {
    const read = await Promise.all(
      Array.from(
        tensors,
        async ([name, tensor]) =>
          [name, { shape: tensor.shape, data: await tensor.read() }] as const,
      ),
    );
    return right(Object.fromEntries(read));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const failed = {
      _tag: "ExecutionFailed",
      device: device.name,
      reason,
    } as const;
    return left({ _tag: "BackendFailed", error: failed });
  }
}

/**
 * Runs a program. Nothing is left on the device.
 *
 * @param backend Backend that runs it.
 * @param program Program to run.
 * @param given Tensors by name, possibly more than the program reads.
 * @returns All outputs, not rounded beyond what the device does.
 */
export async function runProgram(
  backend: Backend,
  program: Program,
  given: HostTensors,
): Promise<Result<TrainError, HostTensors>> {
  const needed = Object.keys(inputSignatures(program.graph));
  const inputs = uploadAll(
    backend,
    Object.fromEntries(
      Object.entries(given).filter(([name]) => needed.includes(name)),
    ),
  );
  const outputs = await program.run(inputs);
  disposeAll(inputs.values());
  if (outputs._tag === "Left") return orBackendFailed(outputs);
  const values = await readAll(backend, outputs.right);
  disposeAll(outputs.right.values());
  return values;
}
