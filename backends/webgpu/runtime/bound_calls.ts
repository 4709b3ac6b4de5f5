/** Bindings of a list's calls, kept for the few sets of places that take turns. */
import type { Call, ValueId } from "../wgsl/command_list.ts";
import type { Dispatch, RegionOf } from "./dispatches.ts";
import { valuesOf } from "./memory/lifetimes.ts";
import type { Region } from "./memory/slabs.ts";

/** Places of all values of a run. */
export type Regions = ReadonlyMap<ValueId, Region>;

/** The dispatches of a list. */
export interface BoundCalls {
  /** Dispatches of each call with its values in these places; those that are not known are bound. */
  at(regions: Regions): readonly (readonly Dispatch[])[];
  /** Forgets all bindings, of which some may have failed. */
  forget(): void;
}

/** Most sets of places for which the bindings of a call are kept; the one that was used longest ago goes. */
export const MOST_VARIANTS = 6;

interface Variant {
  readonly places: readonly Region[];
  readonly dispatches: readonly Dispatch[];
}

const samePlace = (a: Region | undefined, b: Region): boolean =>
  a?.buffer === b.buffer && a.offset === b.offset && a.bytes === b.bytes;

const destroyTables = (dispatches: readonly Dispatch[]): void =>
  dispatches.forEach(({ table }) => table?.destroy());

/** Values whose places are others than in the last run, of which a record is kept. */
function movedSince(
  last: Map<ValueId, Region>,
  regions: Regions,
): ReadonlySet<ValueId> {
  const moved = new Set<ValueId>();
  for (const [id, region] of regions) {
    if (samePlace(last.get(id), region)) continue;
    moved.add(id);
    last.set(id, region);
  }
  return moved;
}

/** Binds the calls of a list. */
export function boundCalls(
  calls: readonly Call[],
  bind: (call: Call, regionOf: RegionOf) => readonly Dispatch[],
): BoundCalls {
  const used = calls.map(valuesOf);
  /** Of each call, the variant in use first. */
  const variants: Variant[][] = calls.map(() => []);
  const last = new Map<ValueId, Region>();
  const variantAt = (at: number, regions: Regions): Variant => {
    const places = used[at]!.map((id) => regions.get(id)!);
    const kept = variants[at]!;
    const known = kept.findIndex((variant) =>
      variant.places.every((place, i) => samePlace(place, places[i]!))
    );
    if (known >= 0) return kept.splice(known, 1)[0]!;
    if (kept.length === MOST_VARIANTS) destroyTables(kept.pop()!.dispatches);
    const dispatches = bind(calls[at]!, (id) => regions.get(id)!);
    return { places, dispatches };
  };
  return {
    at: (regions) => {
      const moved = movedSince(last, regions);
      return variants.map((kept, at) => {
        const isCurrent = kept.length > 0 &&
          (moved.size === 0 || !used[at]!.some((id) => moved.has(id)));
        if (!isCurrent) kept.unshift(variantAt(at, regions));
        return kept[0]!.dispatches;
      });
    },
    forget: () => {
      variants.forEach((kept) =>
        kept.splice(0).forEach(({ dispatches }) => destroyTables(dispatches))
      );
      last.clear();
    },
  };
}
