/** Memory of a program: what it holds itself, and what each run gives it. */
import {
  left,
  type Result,
  right,
  type Signature,
} from "../../../../core/mod.ts";
import type { BackendError } from "../../../backend.ts";
import type { CommandList, Value, ValueId } from "../../wgsl/command_list.ts";
import { bytesOf } from "./lifetimes.ts";
import type { Scratch, ScratchPool } from "./scratch_pool.ts";
import { shareScratch, type Sharing } from "./sharing.ts";
import type { Region } from "./slabs.ts";
import type { Tensors } from "./tensors.ts";

/** Memory that a program holds until it is disposed. */
export interface OwnMemory {
  /** Regions of constants and scratch values; those of scratch values change with the needs of other programs. */
  regions(): ReadonlyMap<ValueId, Region>;
  /** Bytes of scratch values, whether or not other programs use them, too. */
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
 * Checks that each result has memory of its own that the caller can have, that
 * callers' tensors have 32 bits a number, and that what is reported are results.
 *
 * @throws If one has not: a mistake of the compiler.
 */
export function checkOutputs(
  { values, outputs, replaced }: CommandList,
  reported: readonly string[],
): void {
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
  const isPacked = values.some(({ place, storage }) =>
    storage === "bf16" && (place._tag === "Input" || place._tag === "Output")
  );
  if (isPacked) throw new Error("A caller's tensor has 16 bits a number");
  const missing = reported.find((name) => outputs[name] === undefined);
  if (missing !== undefined) throw new Error(`There is no output ${missing}`);
}

/** Places of scratch values in buffers that may change. */
function scratchRegions(
  { values }: CommandList,
  { placeOf }: Sharing,
  constants: ReadonlyMap<ValueId, Region>,
  scratch: Scratch,
): () => ReadonlyMap<ValueId, Region> {
  let last: readonly GPUBuffer[] | undefined;
  let regions = constants;
  return () => {
    const buffers = scratch.buffers();
    if (buffers === last) return regions;
    last = buffers;
    const placed = [...placeOf].map(([id, { buffer, offset }]) => {
      const bytes = bytesOf(values[id]!);
      return [id, { buffer: buffers[buffer]!, offset, bytes }] as const;
    });
    return regions = new Map([...constants, ...placed]);
  };
}

/** Takes memory for some values of a list; all or nothing. */
function takeAll(
  tensors: Tensors,
  { values }: CommandList,
  take: (value: Value) => Result<BackendError, Region> | null,
): Result<BackendError, ReadonlyMap<ValueId, Region>> {
  const taken = new Map<ValueId, Region>();
  for (const [id, value] of values.entries()) {
    const region = take(value);
    if (region === null) continue;
    if (region._tag === "Left") {
      taken.forEach((region) => tensors.give(region));
      return left(region.left);
    }
    taken.set(id, region.right);
  }
  return right(taken);
}

/** Takes memory for constants and scratch values. */
export function ownMemory(
  tensors: Tensors,
  pool: ScratchPool,
  list: CommandList,
): Result<BackendError, OwnMemory> {
  const sharing = shareScratch(list, tensors.limit);
  const most = Math.max(0, ...sharing.bytes);
  if (most > tensors.limit) {
    const [tensor, limit] = ["an intermediate value", tensors.limit];
    const size = { bytes: most, limit };
    return left({ _tag: "TensorTooLarge", device: "webgpu", tensor, ...size });
  }
  const constants = takeAll(
    tensors,
    list,
    ({ place, storage }) =>
      place._tag === "Constant"
        ? tensors.constant(place.values, storage)
        : null,
  );
  if (constants._tag === "Left") return constants;
  const scratch = pool.reserve(sharing.bytes);
  const regions = scratchRegions(list, sharing, constants.right, scratch);
  let isHeld = true;
  return right({
    regions,
    scratchBytes: sharing.bytes.reduce((sum, size) => sum + size, 0),
    dispose: () => {
      if (!isHeld) return;
      isHeld = false;
      constants.right.forEach((region) => tensors.give(region));
      scratch.release();
    },
  });
}

/**
 * Takes memory for the outputs that replace no input, run after run: that of an earlier
 * run if all of it is free again, so that few sets of places take turns.
 *
 * @param most Sets of places that are remembered.
 */
export function outputTaker(
  tensors: Tensors,
  list: CommandList,
  most: number,
): () => Result<BackendError, ReadonlyMap<ValueId, Region>> {
  /** Sets of places, the one that was used last first. */
  const known: ReadonlyMap<ValueId, Region>[] = [];
  return () => {
    const free = known.findIndex((set) => tensors.retake([...set.values()]));
    const taken = free >= 0 ? right(known.splice(free, 1)[0]!) : takeAll(
      tensors,
      list,
      (value) =>
        value.place._tag === "Output"
          ? tensors.take(bytesOf(value), "an output")
          : null,
    );
    if (taken._tag === "Right") known.unshift(taken.right);
    if (known.length > most) known.pop();
    return taken;
  };
}
