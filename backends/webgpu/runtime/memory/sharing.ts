/**
 * Memory of intermediate values: those that are not needed at one time share it. Values
 * of grouped kernels lie side by side in few buffers, so that few dispatches reach them
 * all; every other value begins a buffer.
 */
import type { Call, CommandList, ValueId } from "../../wgsl/command_list.ts";
import { bytesOf, type Lifetime, lifetimesOf, meet } from "./lifetimes.ts";

/** Scratch values in shared buffers. */
export interface Sharing {
  /** Place of each scratch value that a call names: number of its buffer and first byte in it. */
  readonly placeOf: ReadonlyMap<
    ValueId,
    { readonly buffer: number; readonly offset: number }
  >;
  /** Bytes of each buffer, the largest first. */
  readonly bytes: readonly number[];
}

/** Distance of places in a buffer: WebGPU's default. */
const ALIGNMENT = 256;

/** A value to place. */
interface Sized {
  readonly value: ValueId;
  readonly lifetime: Lifetime;
  readonly bytes: number;
}

/** A placed value. */
interface Placed extends Sized {
  readonly offset: number;
}

/** A buffer and what lies in it. */
interface Room {
  /** Kind of values; those of different kinds never share a buffer. */
  readonly kind: Kind;
  readonly held: Placed[];
}

/** Values by themselves, and those that grouped kernels read or write. */
type Kind = "alone" | "read" | "written";

/** The kind of each value of a grouped kernel; one that is read and written counts as written. */
function kindsOf(calls: readonly Call[]): ReadonlyMap<ValueId, Kind> {
  const kinds = new Map<ValueId, Kind>();
  for (const call of calls) {
    if (call._tag === "Kernel") continue;
    call.members.forEach(({ values }) =>
      values.forEach((value, i) => {
        const isWritten = call.access[i] === "read_write" ||
          kinds.get(value) === "written";
        kinds.set(value, isWritten ? "written" : "read");
      })
    );
  }
  return kinds;
}

const endOf = ({ offset, bytes }: Placed): number =>
  Math.ceil((offset + bytes) / ALIGNMENT) * ALIGNMENT;

/** The first place in a room that is free as long as a value lives; `null` if it would end behind the limit. */
function offsetIn(
  { held }: Room,
  { lifetime, bytes }: Sized,
  limit: number,
): number | null {
  const busy = held.filter((other) => meet(other.lifetime, lifetime))
    .sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const other of busy) {
    if (offset + bytes <= other.offset) break;
    offset = Math.max(offset, endOf(other));
  }
  return offset + bytes <= limit ? offset : null;
}

/**
 * Gives scratch values to buffers, the largest first, each to the first free place.
 *
 * @param limit Bytes of a buffer of grouped values that are not exceeded, but for one value.
 */
export function shareScratch(
  list: Pick<CommandList, "values" | "calls">,
  limit = Infinity,
): Sharing {
  const kinds = kindsOf(list.calls);
  const sized = [...lifetimesOf(list)].map(([value, lifetime]): Sized => ({
    ...{ value, lifetime },
    bytes: bytesOf(list.values[value]!),
  }));
  sized.sort((a, b) => b.bytes - a.bytes || a.value - b.value);
  const rooms: Room[] = [];
  for (const item of sized) {
    const kind = kinds.get(item.value) ?? "alone";
    const most = kind === "alone" ? item.bytes : limit;
    let offset: number | null = null;
    const room = rooms.find((room) => {
      if (room.kind !== kind) return false;
      offset = offsetIn(room, item, most);
      return offset !== null;
    });
    if (room === undefined) {
      rooms.push({ kind, held: [{ ...item, offset: 0 }] });
    } else room.held.push({ ...item, offset: offset ?? 0 });
  }
  const sizes = rooms.map(({ held }) =>
    Math.max(...held.map(({ offset, bytes }) => offset + bytes))
  );
  const order = rooms.map((_, i) => i).sort((a, b) => sizes[b]! - sizes[a]!);
  return {
    bytes: order.map((i) => sizes[i]!),
    placeOf: new Map(
      order.flatMap((i, buffer) =>
        rooms[i]!.held.map((
          { value, offset },
        ) => [value, { buffer, offset }] as const)
      ),
    ),
  };
}
