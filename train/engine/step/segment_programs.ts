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
import { type GraphToCompile, scaleInPlace, sumInPlace } from "../programs.ts";
import type { TrainableParameter } from "../task.ts";

/** Compiled segment of a gradient graph. */
export interface SegmentProgram extends Omit<Segment, "graph"> {
  /** Computes the outputs, and what is carried, for a part of a micro-batch. */
  readonly gradient: Program;
  /** Adds the outputs of two parts, if a step has several. */
  readonly sum: Program | null;
  /** Divides sums over several steps of the plan, in a phase in which they are taken at once. */
  readonly scale: Program | null;
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
  /** True if steps of the plan are taken at once, which are summed then; `false` by default. */
  readonly isGrown?: boolean;
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

/** A segment with its outputs alone, without what it carries. */
const outputsOf = ({ graph, outputs }: Segment): Graph => {
  const wanted = new Set(outputs);
  return withOutputs(graph, (name) => wanted.has(name));
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
 * @returns The gradients, then sums and scales if there are any; or why there are none: values
 * that ranks add up between segments are those of whole micro-batches.
 */
export function segmentGraphs(
  segments: readonly Segment[],
  options: SegmentOptions,
): Result<Faults, readonly GraphToCompile[]> {
  const { parts, isSummed, isGrown = false } = options;
  if (parts > 1 && segments.some(({ sums }) => sums.length > 0)) {
    return left([{
      _tag: "Inconsistent",
      path: "ranks",
      found: parts,
      wanted: "one part, where ranks add up values within a micro-batch",
    }]);
  }
  const graphs = segments.map((segment) => gradientOf(segment, options));
  const followers = [
    ...isSummed ? [sumInPlace] : [],
    ...isGrown ? [scaleInPlace] : [],
  ];
  for (const follower of followers) {
    for (const segment of segments) {
      const made = follower(outputsOf(segment));
      if (made._tag === "Left") return made;
      graphs.push(made.right);
    }
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
    const [gradient, sum = null, scale = null] = [0, 1, 2].map((kind) =>
      programs[kind * segments.length + k]
    );
    return gradient === undefined ? [] : [{ ...segment, gradient, sum, scale }];
  });
}

/** Gives back what the programs hold. */
export function disposeSegments(segments: readonly SegmentProgram[]): void {
  for (const { gradient, sum, scale } of segments) {
    gradient.dispose();
    sum?.dispose();
    scale?.dispose();
  }
}
