/** A gradient program in parts, so that gradients are sent while others are computed. */
import { bytesOf } from "./lifetimes.ts";
import type { Graph } from "./node.ts";
import { cutGraph, type Segment } from "./segments.ts";

/** Limits of the parts of a gradient program. */
export interface SegmentLimits {
  /** Most parts, `≥ 1`; 4 by default. */
  readonly most?: number;
  /** Least bytes of the gradients of a part, where there are several; 10⁶ by default. */
  readonly leastBytes?: number;
}

/** A gradient, and the bytes of it and of all that are computed after it. */
interface Remaining {
  readonly name: string;
  readonly bytes: number;
}

/** Gradients in the order in which the backward pass computes them. */
function remainingOf(
  { nodes, outputs }: Graph,
  names: readonly string[],
): readonly Remaining[] {
  const placeOf = (name: string): number => outputs[name] ?? -1;
  const sorted = names.toSorted((a, b) => placeOf(a) - placeOf(b));
  return sorted.reduceRight<Remaining[]>((behind, name) => {
    const node = nodes[placeOf(name)];
    const own = node === undefined ? 0 : bytesOf(node);
    return [{ name, bytes: own + (behind[0]?.bytes ?? 0) }, ...behind];
  }, []);
}

const triangle = (n: number): number => n * (n + 1) / 2;

/** The most parts of sizes `n : … : 2 : 1` whose last has enough bytes. */
function countFor(total: number, most: number, leastBytes: number): number {
  let count = 1;
  while (count < most && total >= triangle(count + 1) * leastBytes) count++;
  return count;
}

/** The first gradients of all parts but the first, last part first. */
function startsOf(
  gradients: readonly Remaining[],
  { most = 4, leastBytes = 1e6 }: SegmentLimits,
): readonly number[] {
  const total = gradients[0]?.bytes ?? 0;
  const count = countFor(total, most, leastBytes);
  const starts: number[] = [];
  let behind = 0;
  for (let parts = 1; parts < count; parts++) {
    const wanted = total * triangle(parts) / triangle(count);
    const [best] = gradients.map(({ bytes }, start) => ({ bytes, start }))
      .filter(({ bytes }) =>
        bytes - behind >= leastBytes && total - bytes >= leastBytes
      )
      .sort((a, b) => Math.abs(a.bytes - wanted) - Math.abs(b.bytes - wanted));
    if (best === undefined) break;
    starts.push(best.start);
    behind = best.bytes;
  }
  return starts;
}

/**
 * Names of outputs for each part of a gradient program: gradients in the order in which
 * the backward pass computes them, all other outputs first.
 *
 * The gradients of `n` parts have bytes of about `n : … : 2 : 1`: so the last, whose way
 * nothing hides, are few, and those of each part are under way while the next is computed,
 * if that takes them less time than it takes to compute as many. Small models have fewer
 * parts. Wherever a backward pass is cut, it hands over what it has kept of the forward
 * pass and little more: so only bytes decide where.
 *
 * @param graph The program.
 * @param gradients Names of the outputs that are gradients.
 */
export function gradientGroups(
  graph: Graph,
  gradients: readonly string[],
  limits: SegmentLimits = {},
): readonly (readonly string[])[] {
  const ordered = remainingOf(graph, gradients);
  const isGradient = new Set(gradients);
  const others = Object.keys(graph.outputs)
    .filter((name) => !isGradient.has(name));
  const starts = [0, ...startsOf(ordered, limits).toReversed()];
  return starts.map((start, k) => [
    ...k === 0 ? others : [],
    ...ordered.slice(start, starts[k + 1]).map(({ name }) => name),
  ]);
}

/**
 * Cuts a gradient program into at most a few segments (`cutGraph`), so that the gradients
 * of each can be added up over ranks while the next is computed.
 *
 * @param graph The program; its nodes lie in the order in which they are computed.
 * @param gradients Names of the outputs that are gradients; all others are given by the
 * first segment.
 * @param limits Number of segments and size of their gradients.
 *
 * @example A small model is not cut, a large one has the fewest gradients last
 * ```ts
 * import { gradientSegments, traceGraph } from "../mod.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const graph = traceGraph((g) => {
 *   const x = g.input("x", [100]);
 *   return { deep: g.scale(x, 2), middle: g.scale(x, 3), shallow: g.scale(x, 4) };
 * });
 * if (graph._tag === "Left") throw new Error("does not fit");
 * const outputs = (leastBytes: number) =>
 *   gradientSegments(graph.right, ["shallow", "middle", "deep"], { leastBytes })
 *     .map((segment) => segment.outputs);
 *
 * deepStrictEqual(outputs(1e6), [["deep", "middle", "shallow"]]);
 * deepStrictEqual(outputs(400), [["deep", "middle"], ["shallow"]]);
 * ```
 */
export function gradientSegments(
  graph: Graph,
  gradients: readonly string[],
  limits: SegmentLimits = {},
): readonly Segment[] {
  return cutGraph(graph, gradientGroups(graph, gradients, limits));
}
