/** Sums of a step's gradients, with the part of the pass after which each can begin. */
import {
  type GradientBucket,
  gradientGroups,
  gradientName,
  type Graph,
  nodeFlops,
  type Phase,
  sizeOf,
} from "../../core/mod.ts";
import { LARGE_TENSOR, orThrow, type Task } from "../../train/mod.ts";

/** Bytes of a gradient that is sent by itself; smaller ones are sent together. */
const LARGE = 4 * LARGE_TENSOR;

/** Part of a graph's operations that are done after each of its nodes, in their order. */
function doneAfter(graph: Graph): readonly number[] {
  let done = 0;
  const sums = graph.nodes.map((node) => done += nodeFlops(graph, node));
  return sums.map((sum) => sum / done);
}

/** Sums of one segment, all there at once: each large gradient by itself, then the others. */
function sumsOf(sizes: readonly number[], ready: number): GradientBucket[] {
  const large = sizes.filter((bytes) => bytes >= LARGE);
  const small = sizes.filter((bytes) => bytes < LARGE)
    .reduce((sum, bytes) => sum + bytes, 0);
  return [...large, ...small > 0 ? [small] : []]
    .map((bytes) => ({ bytes, ready }));
}

/**
 * Sums of a step as the engine makes them: those of each segment of the gradient program
 * when the segment has been computed.
 *
 * @returns Sums in their order, whose bytes together are `gradientBytes`.
 */
export function gradientBuckets(
  task: Task<unknown>,
  phase: Phase,
): readonly GradientBucket[] {
  const graph = orThrow(task.stepGraph(phase, 1));
  const done = doneAfter(graph);
  const names = task.trainable(phase).map(({ name }) => gradientName(name));
  const isGradient = new Set(names);
  return gradientGroups(graph, names).flatMap((group) => {
    const places = group.filter((name) => isGradient.has(name))
      .map((name) => graph.outputs[name] ?? -1);
    const ready = Math.max(0, ...places.map((id) => done[id] ?? NaN));
    const sizes = places.map((id) => 4 * sizeOf(graph.nodes[id]?.shape ?? []));
    return sumsOf(sizes, ready);
  });
}
