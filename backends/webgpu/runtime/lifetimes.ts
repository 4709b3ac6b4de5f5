/** Memory of intermediate values: those that are not needed at one time share a buffer. */
import { sizeOf } from "../../../core/mod.ts";
import type { Call, CommandList, Value, ValueId } from "../command_list.ts";

/** Scratch values in shared buffers. */
export interface Sharing {
  /** Number of the buffer of each scratch value that a call names. */
  readonly bufferOf: ReadonlyMap<ValueId, number>;
  /** Bytes of each buffer. */
  readonly bytes: readonly number[];
}

/** First and last call that names a value. */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
}

/** Bytes of a value, at least those of one group of four numbers. */
export const bytesOf = ({ shape, storage }: Value): number =>
  Math.max(16, 4 * Math.ceil(sizeOf(shape) / (storage === "bf16" ? 2 : 1)));

/** Values that a call names, each once. */
export const valuesOf = (call: Call): readonly ValueId[] => [
  ...new Set(
    call._tag === "Kernel"
      ? call.bindings.map(({ value }) => value)
      : call.members.flatMap(({ values }) => values),
  ),
];

/** Lifetimes of the scratch values that calls name. */
export function lifetimesOf(
  { values, calls }: Pick<CommandList, "values" | "calls">,
): ReadonlyMap<ValueId, Lifetime> {
  const lifetimes = new Map<ValueId, Lifetime>();
  calls.forEach((call, at) => {
    for (const value of valuesOf(call)) {
      if (values[value]?.place._tag !== "Scratch") continue;
      const first = lifetimes.get(value)?.first ?? at;
      lifetimes.set(value, { first, last: at });
    }
  });
  return lifetimes;
}

const meet = (a: Lifetime, b: Lifetime): boolean =>
  a.first <= b.last && b.first <= a.last;

/**
 * Gives scratch values to buffers, the largest first: each goes into the first buffer
 * in which no value is alive at the same time, or into one of its own.
 */
export function shareScratch(
  list: Pick<CommandList, "values" | "calls">,
): Sharing {
  const sized = [...lifetimesOf(list)].map(([value, lifetime]) => ({
    ...{ value, lifetime },
    bytes: bytesOf(list.values[value]!),
  }));
  sized.sort((a, b) => b.bytes - a.bytes || a.value - b.value);
  const buffers: { bytes: number; held: Lifetime[] }[] = [];
  const bufferOf = new Map<ValueId, number>();
  for (const { value, lifetime, bytes } of sized) {
    const free = buffers.findIndex(({ held }) =>
      !held.some((other) => meet(other, lifetime))
    );
    if (free < 0) {
      bufferOf.set(value, buffers.push({ bytes, held: [lifetime] }) - 1);
    } else {
      buffers[free]!.held.push(lifetime);
      bufferOf.set(value, free);
    }
  }
  return { bufferOf, bytes: buffers.map(({ bytes }) => bytes) };
}
