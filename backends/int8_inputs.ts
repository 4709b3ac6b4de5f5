/**
 * Inputs whose products may be computed in 8-bit integers.
 *
 * @module
 */
import { type Graph, inputSignatures, left, type Result } from "../core/mod.ts";
import type {
  Backend,
  BackendError,
  CompileOptions,
  DeviceInfo,
} from "./backend.ts";

/** The refusal of an engine that has no products in 8-bit integers. */
export function withoutInt8({ name }: DeviceInfo): Result<BackendError, never> {
  const reason = "it has no products in 8-bit integers, only onnx has";
  return left({ _tag: "BackendUnavailable", device: name, reason });
}

/** That refusal if such products are asked for, or `null`. */
export function refuseInt8(
  device: DeviceInfo,
  { int8 = [] }: CompileOptions,
): Result<BackendError, never> | null {
  return int8.length === 0 ? null : withoutInt8(device);
}

/**
 * Proves the products in 8-bit integers that a run will ask for.
 *
 * @returns Nothing, or why the engine is not to be asked for them.
 */
export async function provenInt8(
  backend: Backend,
): Promise<Result<BackendError, null>> {
  return await backend.proveInt8?.() ?? withoutInt8(backend.device);
}

/**
 * Insists that names are those of matrices among a graph's inputs.
 *
 * @throws If they are not: a mistake of the program, not of its input.
 */
export function checkInt8(graph: Graph, int8: readonly string[]): void {
  const inputs = inputSignatures(graph);
  for (const name of int8) {
    const input = inputs[name];
    if (input?.dtype !== "float32" || input.shape.length !== 2) {
      const found = input === undefined
        ? "nothing"
        : `${input.dtype} [${input.shape.join(", ")}]`;
      throw new RangeError(
        `Cannot take ${name} (${found}) for a matrix of real numbers`,
      );
    }
  }
}
