/**
 * Whether a program is given what its graph names.
 *
 * @module
 */
import {
  left,
  type Result,
  right,
  type Signature,
  sizeOf,
} from "../core/mod.ts";
import type {
  BackendError,
  DeviceTensor,
  DeviceTensors,
  HostTensor,
} from "./backend.ts";

const show = ({ dtype, shape }: Signature): string =>
  `${dtype} [${shape.join(", ")}]`;

const fits = (found: Signature | undefined, wanted: Signature): boolean =>
  found?.dtype === wanted.dtype && found.shape.length === wanted.shape.length &&
  wanted.shape.every((extent, axis) => found.shape[axis] === extent);

/**
 * Finds the tensors that a program needs among those it is given.
 *
 * @param wanted Signatures by name, as `inputSignatures` gives them.
 * @param given Tensors by name.
 * @param stored What the engine keeps for one of its own tensors; `undefined` for one that is foreign or disposed.
 * @returns What the engine keeps for each wanted name, or the first name that does not fit.
 */
export function checkInputs<Stored>(
  wanted: Readonly<Record<string, Signature>>,
  given: DeviceTensors,
  stored: (tensor: DeviceTensor) => Stored | undefined,
): Result<BackendError, ReadonlyMap<string, Stored>> {
  const found = new Map<string, Stored>();
  for (const [name, signature] of Object.entries(wanted)) {
    const tensor = given.get(name);
    const kept = tensor === undefined ? undefined : stored(tensor);
    if (kept === undefined || !fits(tensor, signature)) {
      const text = tensor === undefined
        ? "nothing"
        : kept === undefined
        ? "a tensor of another engine or a disposed one"
        : show(tensor);
      const wanted = show(signature);
      return left({ _tag: "WrongInput", name, found: text, wanted });
    }
    found.set(name, kept);
  }
  return right(found);
}

/**
 * Insists that numbers fill their shape.
 *
 * @throws If they do not.
 */
export function checkLength({ shape, data }: HostTensor): void {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `Cannot upload ${data.length} numbers as a tensor of shape [${
        shape.join(", ")
      }]`,
    );
  }
}
