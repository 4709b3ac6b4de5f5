/** Sums of a step's gradients, with the part of the pass after which each can begin. */
import {
  type GradientBucket,
  gradientName,
  type Graph,
  nodeFlops,
  type Phase,
  sizeOf,
} from "../../core/mod.ts";
import { orThrow, type Task } from "../../train/mod.ts";

/** Parts of the bytes of a step after which its sums end: four, the last the smallest. */
const ENDS = [0.4, 0.7, 0.9, 1] as const;

/** Bytes of a sum at least, where there are several. */
const LEAST_BYTES = 1e6;

/** A gradient of a step. */
interface Gradient {
  readonly bytes: number;
  /** Part of the operations of the graph after which it is there. */
  readonly ready: number;
}

/** Part of a graph's operations that are done after each of its nodes, in their order. */
function doneAfter(graph: Graph): readonly number[] {
  let done = 0;
  const sums = graph.nodes.map((node) => done += nodeFlops(graph, node));
  return sums.map((sum) => sum / done);
}

/** Gradients in the order in which the graph computes them. */
function gradientsOf(
  graph: Graph,
  names: readonly string[],
): readonly Gradient[] {
  const done = doneAfter(graph);
  return names.map((name) => graph.outputs[gradientName(name)] ?? -1)
    .toSorted((a, b) => a - b)
    .map((id) => ({
      bytes: 4 * sizeOf(graph.nodes[id]?.shape ?? []),
      ready: done[id] ?? NaN,
    }));
}

/** The sum of some gradients, which begins with the last of them. */
const sumOf = (members: readonly Gradient[]): GradientBucket => ({
  bytes: members.reduce((sum, { bytes }) => sum + bytes, 0),
  ready: members.at(-1)?.ready ?? NaN,
});

/** The number of the sum that each gradient goes to: the one that has the larger part of it. */
function placesOf(gradients: readonly Gradient[]): readonly number[] {
  const { bytes: total } = sumOf(gradients);
  let before = 0;
  return gradients.map(({ bytes }) => {
    const middle = (before + bytes / 2) / total;
    before += bytes;
    return ENDS.findIndex((end) => middle <= end);
  });
}

/** A sum of too few bytes joins the one before. */
const joined = (
  buckets: readonly GradientBucket[],
  bucket: GradientBucket,
): readonly GradientBucket[] => {
  const before = buckets.at(-1);
  return before === undefined || bucket.bytes >= LEAST_BYTES
    ? [...buckets, bucket]
    : [
      ...buckets.slice(0, -1),
      { bytes: before.bytes + bucket.bytes, ready: bucket.ready },
    ];
};

/**
 * Sums of a step as the engine makes them: the gradients in the order of the backward pass,
 * cut where the bytes of the sums are nearest to `4 : 3 : 2 : 1`.
 *
 * @returns Sums whose bytes together are `gradientBytes`.
 */
export function gradientBuckets(
  task: Task<unknown>,
  phase: Phase,
): readonly GradientBucket[] {
  const gradients = gradientsOf(
    orThrow(task.stepGraph(phase, 1)),
    task.trainable(phase).map(({ name }) => name),
  );
  const places = placesOf(gradients);
  return ENDS.map((_, k) => gradients.filter((_, i) => places[i] === k))
    .filter((members) => members.length > 0)
    .map(sumOf)
    .reduce<readonly GradientBucket[]>(joined, []);
}
