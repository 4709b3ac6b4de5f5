/** Demands of a training on an engine. */
import type { TestedNeeds } from "../../backends/self_test.ts";
import {
  type Faults,
  graphFlops,
  longestSum,
  type Phase,
  type Result,
  right,
  type StepMemory,
  stepMemory,
} from "../../core/mod.ts";
import { heldSums } from "./step/sums/group_sums.ts";
import { phaseGraphs } from "./step/phase.ts";
import type { SumOrder } from "./share.ts";
import type { Task } from "./task.ts";

/**
 * Test of an engine before a training: its longest sum, which is that
 * of the first phase with whole micro-batches, and products in 8-bit integers if frozen
 * blocks compute so.
 *
 * @returns Options of `selfTest` and `selectBackend`. Where there are no such graphs,
 * nothing is said of their sums; who compiles them is told why.
 */
export function runNeeds(task: Task<unknown>): TestedNeeds {
  const graphs = phaseGraphs(task, task.plan.phases[0]);
  return {
    int8: task.int8 !== undefined,
    ...graphs._tag === "Right"
      ? { longestSum: longestSum(graphs.right.gradient) }
      : {},
  };
}

/**
 * Operations of the steps of a phase, for one sample, from their graph.
 *
 * @param task The training.
 * @returns A function from one of its phases to operations; `NaN` where there is no such
 * graph.
 */
export function stepFlops(task: Task<unknown>): (phase: Phase) => number {
  const { isDivisible, together = 1, training } = task;
  const samples = isDivisible ? together : training.batchSize;
  return (phase) => {
    const graph = task.stepGraph(phase, samples);
    return graph._tag === "Left" ? NaN : graphFlops(graph.right) / samples;
  };
}

/**
 * Memory of the steps of a phase, from the lifetimes in their graphs.
 *
 * @param order Parts of a micro-batch that are computed at one time, and the order in
 * which they are added up; by default a micro-batch is computed as a whole.
 */
export function trainingMemory(
  task: Task<unknown>,
  phase: Phase,
  { accumIter, ...order }: SumOrder = {
    ...{ parts: 1, groups: 1, groupedBy: "batches" },
    accumIter: task.training.accumIter,
  },
): Result<Faults, StepMemory> {
  const { parts } = order;
  const { stepsAtOnce = 1 } = phase;
  const graphs = phaseGraphs(task, phase, parts);
  if (graphs._tag === "Left") return graphs;
  const { parameters, statistics } = task.stateShapes(phase.to);
  const tensors = [...parameters, ...statistics];
  const sums = heldSums({
    ...order,
    accumIter: Math.ceil(stepsAtOnce) * accumIter,
  });
  return right(stepMemory({ ...graphs.right, tensors, parts, sums }));
}
