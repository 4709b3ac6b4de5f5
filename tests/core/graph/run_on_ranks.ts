/**
 * Segments of several ranks, run side by side by the reference interpreter.
 *
 * @module
 */
import { strictEqual } from "node:assert/strict";
import { interpretGraph, type Segment } from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import { heldAfter, inputsOf, named } from "./run_segments.ts";

/** The sum of tensors of one size, in the order of the ranks. */
export const added = (tensors: readonly Float64Array[]): Float64Array =>
  tensors.reduce((sum, next) => {
    strictEqual(next.length, sum.length);
    return sum.map((v, i) => v + (next[i] ?? NaN));
  });

/** The results of the ranks with the sums in their place, whatever their names are on each. */
function summed(
  segments: readonly Segment[],
  results: readonly NamedValues[],
): readonly NamedValues[] {
  const [first] = segments;
  const totals = (first?.sums ?? []).map((_, k) =>
    added(results.map((own, rank) => own[segments[rank]?.sums[k] ?? ""]!))
  );
  return segments.map(({ sums }, rank) => {
    strictEqual(sums.length, totals.length);
    return {
      ...results[rank],
      ...Object.fromEntries(sums.map((name, k) => [name, totals[k]!])),
    };
  });
}

/**
 * Runs every segment on each rank and adds up between them what is to be added up.
 *
 * @param ranks The segments of each rank.
 * @param given Its inputs.
 * @returns Its outputs.
 */
export function runOnRanks(
  ranks: readonly (readonly Segment[])[],
  given: readonly NamedValues[],
): readonly NamedValues[] {
  let held: readonly NamedValues[] = ranks.map(() => ({}));
  let outputs = held;
  for (const level of ranks[0]?.keys() ?? []) {
    const segments = ranks.map((own) => own[level]!);
    const results = segments.map((segment, rank) =>
      interpretGraph(
        segment.graph,
        inputsOf(segment, given[rank]!, held[rank]!),
      )
    );
    outputs = outputs.map((own, rank) => ({
      ...own,
      ...named(results[rank]!, segments[rank]!.outputs),
    }));
    const totals = summed(segments, results);
    held = held.map((own, rank) =>
      heldAfter(segments[rank]!, own, totals[rank]!)
    );
  }
  held.forEach((own) => strictEqual(Object.keys(own).length, 0));
  return outputs;
}
