/** Programs of a gradient graph whose segments run one after another. */
import type { Program } from "../../../backends/backend.ts";
import {
  cutAtRankSums,
  type Faults,
  gradientName,
  gradientSegments,
  type Graph,
  inputSignatures,
  left,
  type Result,
  right,
  type Segment,
  type SegmentLimits,
  withOutputs,
} from "../../../core/mod.ts";
import { type GraphToCompile, sumInPlace } from "../programs.ts";
import type { TrainableParameter } from "../task.ts";

/** Compiled segment of a gradient graph. */
export interface SegmentProgram extends Omit<Segment, "graph"> {
  /** Computes the outputs, and what is carried, for a part of a micro-batch. */
  readonly gradient: Program;
  /** Adds the outputs of two parts, if a step has several. */
  readonly sum: Program | null;
}

/** How the gradient programs of a training are divided. */
export interface Division {
  /** Parts of a micro-batch that are computed at one time; by default as many as pay. */
  readonly parts?: number | undefined;
  /** Limits of the segments that run one after another; without them there is one. */
  readonly segments?: SegmentLimits | undefined;
}

/** How the segments of a phase are compiled. */
export interface SegmentOptions {
  /** Parts of a micro-batch that are computed at one time. */
  readonly parts: number;
  /** Matrices of the whole graph whose products are computed in 8-bit integers. */
  readonly int8: readonly string[];
  /** True if the outputs of several parts or micro-batches are added up. */
  readonly isSummed: boolean;
}

/** A graph as its only segment. */
export const onlySegment = (graph: Graph): Segment => ({
  graph,
  outputs: Object.keys(graph.outputs),
  ...{ carries: [], sums: [], takes: [], releases: [] },
});

/** True if ranks add up values within a graph. */
const hasRankSums = ({ nodes }: Graph): boolean =>
  nodes.some(({ op }) => op === "rankSum");

/**
 * The segments of a gradient graph; one with sums over ranks is cut at these.
 *
 * @param trainable The parameters whose gradients it gives.
 * @param limits Their number and size; without them the graph is the only one.
 */
export function segmentsOf(
  gradient: Graph,
  trainable: readonly TrainableParameter[],
  limits?: SegmentLimits,
): readonly Segment[] {
  if (hasRankSums(gradient)) return cutAtRankSums(gradient);
  if (limits === undefined) return [onlySegment(gradient)];
  const names = trainable.map(({ name }) => gradientName(name));
  const segments = gradientSegments(gradient, names, limits);
  return segments.length === 1 ? [onlySegment(gradient)] : segments;
}

/** Adds the outputs of a segment, but not what it carries. */
const sumOf = ({ graph, outputs }: Segment) => {
  const wanted = new Set(outputs);
  return sumInPlace(withOutputs(graph, (name) => wanted.has(name)));
};

/** The graph of a segment, and how it is compiled. */
function gradientOf(
  { graph }: Segment,
  { int8, parts }: SegmentOptions,
): GraphToCompile {
  const inputs = inputSignatures(graph);
  const own = int8.filter((name) => Object.hasOwn(inputs, name));
  return { graph, int8: own, atOnce: parts };
}

/**
 * Graphs of the programs of segments, for `segmentPrograms`.
 *
 * @returns The gradients, then the sums if there are any; or why there are none: values
 * that ranks add up between segments are those of whole micro-batches.
 */
export function segmentGraphs(
  segments: readonly Segment[],
  options: SegmentOptions,
): Result<Faults, readonly GraphToCompile[]> {
  const { parts, isSummed } = options;
  if (parts > 1 && segments.some(({ sums }) => sums.length > 0)) {
    return left([{
      _tag: "Inconsistent",
      path: "ranks",
      found: parts,
      wanted: "one part, where ranks add up values within a micro-batch",
    }]);
  }
  const graphs = segments.map((segment) => gradientOf(segment, options));
  if (!isSummed) return right(graphs);
  for (const segment of segments) {
    const sum = sumOf(segment);
    if (sum._tag === "Left") return sum;
    graphs.push(sum.right);
  }
  return right(graphs);
}

/**
 * Compiled segments.
 *
 * @param programs Those of `segmentGraphs`, in their order.
 */
export function segmentPrograms(
  segments: readonly Segment[],
  programs: readonly Program[],
): readonly SegmentProgram[] {
  return segments.flatMap(({ graph: _, ...segment }, k) => {
    const gradient = programs[k];
    const sum = programs[segments.length + k] ?? null;
    return gradient === undefined ? [] : [{ ...segment, gradient, sum }];
  });
}

/** Gives back what the programs hold. */
export function disposeSegments(segments: readonly SegmentProgram[]): void {
  for (const { gradient, sum } of segments) {
    gradient.dispose();
    sum?.dispose();
  }
}
