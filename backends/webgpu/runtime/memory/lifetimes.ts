/** Lifetimes of intermediate values. */
import { sizeOf } from "../../../../core/mod.ts";
import type {
  Call,
  CommandList,
  Value,
  ValueId,
} from "../../wgsl/command_list.ts";

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

/** True if two values are needed at one time. */
export const meet = (a: Lifetime, b: Lifetime): boolean =>
  a.first <= b.last && b.first <= a.last;
