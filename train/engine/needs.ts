/**
 * Demands of a training on an engine.
 *
 * @module
 */
import type { TestedNeeds } from "../../backends/self_test.ts";
import {
  bytesOf,
  type Faults,
  type Graph,
  inputSignatures,
  longestSum,
  type Phase,
  type Result,
  right,
  scratchBytes,
  type Signature,
  sizeOf,
} from "../../core/mod.ts";
import { phaseGraphs } from "./phase.ts";
import { type NamedShape, optimizerShapes, type Task } from "./task.ts";

/**
 * What an engine should be tested for before a training: its longest sum, which is that
 * of the first phase with whole micro-batches, and products in 8-bit integers if frozen
 * blocks compute so.
 *
 * @param task The training.
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

/** Bytes of a step's tensors, by what they are for. */
export interface StepMemory {
  /** All parameters, frozen or not, with running statistics and means. */
  readonly parameters: number;
  /** State of the optimizer, of the parameters that move. */
  readonly optimizer: number;
  /** Inputs of a micro-batch: images, masks, classes. */
  readonly batch: number;
  /** Gradients and losses of each part, and their sum where micro-batches are added up. */
  readonly gradients: number;
  /** The most that the forward and backward passes need besides at one time. */
  readonly activations: number;
  /** All together. */
  readonly total: number;
}

const bytesOfAll = (tensors: readonly Signature[]): number =>
  tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);

const outputsOf = ({ nodes, outputs }: Graph): readonly Signature[] =>
  Object.values(outputs).map((id) => nodes[id]!);

const floats = (tensors: readonly NamedShape[]): number =>
  4 * tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/**
 * Memory that the tensors of a step take in a phase, from the lifetimes in its graph.
 * It falls from phase to phase. What the engine and its program code take comes on top.
 *
 * @param task The training.
 * @param phase The phase.
 * @param parts In how many parts a micro-batch is computed, all at one time
 * (`batchParts`); by default as a whole.
 * @returns Bytes, or why there is no such graph.
 */
export function stepMemory(
  task: Task<unknown>,
  phase: Phase,
  parts = 1,
): Result<Faults, StepMemory> {
  const graphs = phaseGraphs(task, phase, parts);
  if (graphs._tag === "Left") return graphs;
  const { gradient, trained } = graphs.right;
  const { parameters, statistics, averages } = task.stateShapes(phase.to);
  const kept = [...parameters, ...statistics, ...averages];
  const names = new Set(kept.map(({ name }) => name));
  const batch = Object.entries(inputSignatures(gradient))
    .filter(([name]) => !names.has(name)).map(([, tensor]) => tensor);
  const sums = task.training.accumIter > 1 ? 1 : 0;
  const uses = {
    parameters: floats(kept),
    optimizer: floats(optimizerShapes(task.optimizer, trained)),
    batch: parts * bytesOfAll(batch),
    gradients: (parts + sums) * bytesOfAll(outputsOf(gradient)),
    activations: parts * scratchBytes(gradient),
  };
  const total = Object.values(uses).reduce((sum, bytes) => sum + bytes, 0);
  return right({ ...uses, total });
}
