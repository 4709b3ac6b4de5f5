/**
 * Checks of a program's inputs: given tensors, replaced ones, matrices in 8-bit integers,
 * and what other processes have.
 */
import {
  type Graph,
  inputSignatures,
  left,
  type Result,
  right,
  type Signature,
  sizeOf,
} from "../core/mod.ts";
import type {
  Backend,
  BackendError,
  CompileOptions,
  DeviceInfo,
  DeviceTensor,
  DeviceTensors,
  HostTensor,
  Program,
} from "./backend.ts";

const show = (signature: Signature | undefined): string =>
  signature === undefined
    ? "nothing"
    : `${signature.dtype} [${signature.shape.join(", ")}]`;

const fits = (found: Signature | undefined, wanted: Signature): boolean =>
  found?.dtype === wanted.dtype && found.shape.length === wanted.shape.length &&
  wanted.shape.every((extent, axis) => found.shape[axis] === extent);

/**
 * Finds the tensors that a program needs among those it is given.
 *
 * @param stored The engine's storage of one of its own tensors; `undefined` for one that is foreign or disposed.
 * @returns The engine's storage for each wanted name, or the first name that does not fit.
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
      const text = tensor !== undefined && kept === undefined
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
 * Checks that numbers fill their shape.
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

/** Names of inputs by the names of the outputs that replace them. */
export type Replaced = NonNullable<CompileOptions["replaces"]>;

/**
 * Checks that outputs fit into the place of the inputs that they replace, one each.
 *
 * @throws If they do not: a mistake of the program, not of its input.
 */
export function checkReplaced(graph: Graph, replaces: Replaced): void {
  const inputs = inputSignatures(graph);
  const taken = new Set<string>();
  for (const [output, input] of Object.entries(replaces)) {
    const found = show(graph.nodes[graph.outputs[output] ?? -1]);
    const wanted = show(inputs[input]);
    if (found !== wanted || wanted === "nothing" || taken.has(input)) {
      throw new RangeError(
        `Cannot replace input ${input} (${wanted}) by output ${output} (${found})${
          taken.has(input) ? ": it is replaced already" : ""
        }`,
      );
    }
    taken.add(input);
  }
}

/**
 * Checks that a graph needs nothing of other processes.
 *
 * @throws If it has sums over ranks: a mistake of the program, which has to cut the graph
 * there.
 */
export function checkIsLocal({ nodes }: Graph): void {
  const place = nodes.findIndex(({ op }) => op === "rankSum");
  if (place >= 0) {
    throw new RangeError(
      `Cannot compute node ${place} (rankSum): the numbers of other ranks come between programs, see cutAtRankSums()`,
    );
  }
}

/**
 * A program that disposes the inputs that its outputs replace, whenever a run has
 * succeeded.
 *
 * @param program A program that leaves its inputs alone.
 */
export function disposingReplaced(
  program: Program,
  replaces: Replaced,
): Program {
  const names = Object.values(replaces);
  if (names.length === 0) return program;
  return {
    ...program,
    run: async (inputs) => {
      const outputs = await program.run(inputs);
      if (outputs._tag === "Right") {
        for (const name of names) inputs.get(name)?.dispose();
      }
      return outputs;
    },
  };
}

/** The refusal of an engine that has no products in 8-bit integers. */
function withoutInt8({ name }: DeviceInfo): Result<BackendError, never> {
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
 * Verifies an engine's products in 8-bit integers before a run asks for them.
 *
 * @returns Nothing, or the reason why the engine refuses them.
 */
export async function verifyInt8(
  backend: Backend,
): Promise<Result<BackendError, null>> {
  return await backend.verifyInt8?.() ?? withoutInt8(backend.device);
}

/**
 * Checks that names are those of matrices among a graph's inputs.
 *
 * @throws If they are not: a mistake of the program, not of its input.
 */
export function checkInt8(graph: Graph, int8: readonly string[]): void {
  const inputs = inputSignatures(graph);
  for (const name of int8) {
    const input = inputs[name];
    if (input?.dtype !== "float32" || input.shape.length !== 2) {
      throw new RangeError(
        `Cannot take ${name} (${show(input)}) for a matrix of real numbers`,
      );
    }
  }
}
