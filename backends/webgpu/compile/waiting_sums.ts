/** Partial sums that wait to be added up: together with others, or by the kernel that reads them. */
import { sizeOf } from "../../../core/mod.ts";
import type { ValueId } from "../wgsl/command_list.ts";
import type { Lowering, Partials } from "../wgsl/lowering.ts";
import { addUpAll } from "./add_up.ts";

/** Sums that wait. */
export interface WaitingSums {
  /** Adds a sum. */
  add(partials: Partials): void;
  /** Sees to it that a value holds its numbers. */
  settle(value: ValueId): void;
  /** The sum that ends in a value, if it waits: whoever takes it adds it up. */
  take(value: ValueId): Partials | undefined;
  /** Gives a sum back that was taken and not added up. */
  giveBack(partials: Partials): void;
  /** Adds up all. */
  flush(): void;
}

/** Bytes of partial sums that wait; more would take memory that others need. */
const MOST_BYTES = 512 * 2 ** 20;

/** Values that a sum's target writes; none are known of a target that is not the compiler's. */
const storesOf = ({ target: { stored, stores } }: Partials) =>
  stores ?? (stored === undefined ? [] : [stored]);

/** Sums of one compilation. */
export function waitingSums(lowering: Lowering): WaitingSums {
  const waiting = new Map<ValueId, Partials>();
  let bytes = 0;
  const bytesOf = ({ planes }: Partials): number =>
    4 * sizeOf(lowering.values[planes]!.shape);
  const keep = (partials: Partials): void => {
    storesOf(partials).forEach((value) => waiting.set(value, partials));
    bytes += bytesOf(partials);
  };
  const drop = (partials: Partials): void => {
    storesOf(partials).forEach((value) => waiting.delete(value));
    bytes -= bytesOf(partials);
  };
  const addUp = (some: readonly Partials[]): void => {
    some.forEach(drop);
    addUpAll(lowering, some);
  };
  const all = (): readonly Partials[] => [...new Set(waiting.values())];
  /** Sums without anything behind them are done by one kernel. */
  const plain = (): readonly Partials[] =>
    all().filter(({ target: { stored } }) => stored !== undefined);
  return {
    add: (partials) => {
      if (storesOf(partials).length === 0) {
        return addUpAll(lowering, [partials]);
      }
      keep(partials);
      if (bytes > MOST_BYTES) addUp(all());
    },
    settle: (value) => {
      const partials = waiting.get(value);
      if (partials === undefined) return;
      addUp(partials.target.stored === undefined ? [partials] : plain());
    },
    take: (value) => {
      const partials = waiting.get(value);
      if (partials !== undefined) drop(partials);
      return partials;
    },
    giveBack: keep,
    flush: () => addUp(all()),
  };
}
