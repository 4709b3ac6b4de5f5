/** Memory of a program: what it holds itself, and what each run gives it. */
import { left, type Result, right, type Signature } from "../../../core/mod.ts";
import type { BackendError } from "../../backend.ts";
import type { CommandList, ValueId } from "../command_list.ts";
import { bytesOf, shareScratch } from "./lifetimes.ts";
import type { Region } from "./slabs.ts";
import type { Tensors } from "./tensors.ts";

/** Memory that a program holds until it is disposed. */
export interface OwnMemory {
  /** Regions of constants and scratch values. */
  readonly regions: ReadonlyMap<ValueId, Region>;
  /** Bytes of scratch values. */
  readonly scratchBytes: number;
  /** Gives all back. */
  dispose(): void;
}

/** Signatures of the inputs of a list. */
export const inputsOf = (
  { values }: CommandList,
): Readonly<Record<string, Signature>> =>
  Object.fromEntries(
    values.flatMap(({ place, shape, dtype }) =>
      place._tag === "Input" ? [[place.name, { shape, dtype }]] : []
    ),
  );

/**
 * Checks that each result has memory of its own that the caller can have.
 *
 * @throws If one has not: a mistake of the compiler.
 */
export function checkOutputs({ values, outputs, replaced }: CommandList): void {
  const seen = new Set<ValueId>();
  for (const [name, id] of Object.entries(outputs)) {
    const place = values[id]?.place;
    const isOwn = place?._tag === "Output" ||
      (place?._tag === "Input" && place.name === replaced[name]);
    if (!isOwn || seen.has(id)) {
      throw new Error(`The output ${name} has no memory of its own`);
    }
    seen.add(id);
  }
}

/** Takes memory for constants and scratch values. */
export function ownMemory(
  device: GPUDevice,
  tensors: Tensors,
  list: CommandList,
): Result<BackendError, OwnMemory> {
  const regions = new Map<ValueId, Region>();
  const constants: Region[] = [];
  const buffers: GPUBuffer[] = [];
  const dispose = () => {
    constants.splice(0).forEach((region) => tensors.give(region));
    buffers.splice(0).forEach((buffer) => buffer.destroy());
  };
  for (const [id, { place, storage }] of list.values.entries()) {
    if (place._tag !== "Constant") continue;
    const region = tensors.constant(place.values, storage === "i32");
    if (region._tag === "Left") {
      dispose();
      return left(region.left);
    }
    constants.push(region.right);
    regions.set(id, region.right);
  }
  const { bufferOf, bytes } = shareScratch(list);
  const most = Math.max(0, ...bytes);
  if (most > tensors.limit) {
    dispose();
    const [tensor, limit] = ["an intermediate value", tensors.limit];
    const size = { bytes: most, limit };
    return left({ _tag: "TensorTooLarge", device: "webgpu", tensor, ...size });
  }
  buffers.push(
    ...bytes.map((size) =>
      device.createBuffer({ size, usage: GPUBufferUsage.STORAGE })
    ),
  );
  for (const [id, number] of bufferOf) {
    const bytes = bytesOf(list.values[id]!);
    regions.set(id, { buffer: buffers[number]!, offset: 0, bytes });
  }
  const scratchBytes = bytes.reduce((sum, size) => sum + size, 0);
  return right({ regions, scratchBytes, dispose });
}

/** Takes memory for the outputs that replace no input; all or nothing. */
export function takeOutputs(
  tensors: Tensors,
  { values }: CommandList,
): Result<BackendError, ReadonlyMap<ValueId, Region>> {
  const taken = new Map<ValueId, Region>();
  for (const [id, value] of values.entries()) {
    if (value.place._tag !== "Output") continue;
    const region = tensors.take(bytesOf(value), "an output");
    if (region._tag === "Left") {
      taken.forEach((region) => tensors.give(region));
      return left(region.left);
    }
    taken.set(id, region.right);
  }
  return right(taken);
}
