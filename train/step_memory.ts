/**
 * What memory a step of a run needs.
 *
 * @module
 */
import {
  bytesOf,
  type Faults,
  type FreezePlan,
  type Graph,
  inputSignatures,
  parameterSpecs,
  type Phase,
  type PretrainConfig,
  type Result,
  right,
  scratchBytes,
  type Signature,
  sizeOf,
  stateKinds,
} from "../core/mod.ts";
import { phaseGraphs } from "./phase_programs.ts";

/** Bytes of a step's tensors, by what they are for. */
export interface StepMemory {
  /** All parameters, frozen or not. */
  readonly parameters: number;
  /** State of the optimizer, of the parameters that move. */
  readonly optimizer: number;
  /** Images, masks and indices of a micro-batch. */
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

/**
 * Memory that the tensors of a step take in a phase, from the lifetimes in its graph.
 * It falls from phase to phase. What the engine and its program code take comes on top.
 *
 * @param config Model, optimizer and batch sizes.
 * @param plan Which layers move and which stages live.
 * @param phase The phase.
 * @param parts In how many parts a micro-batch is computed, all at one time
 * (`batchParts`); by default as a whole.
 * @returns Bytes, or why there is no such graph.
 */
export function stepMemory(
  config: PretrainConfig,
  plan: FreezePlan,
  phase: Phase,
  parts = 1,
): Result<Faults, StepMemory> {
  const graphs = phaseGraphs(config, plan, phase, parts);
  if (graphs._tag === "Left") return graphs;
  const { gradient, trained } = graphs.right;
  const all = parameterSpecs(config.model);
  const names = new Set(all.map(({ name }) => name));
  const floats = (tensors: typeof all): number =>
    4 * tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const batch = Object.entries(inputSignatures(gradient))
    .filter(([name]) => !names.has(name)).map(([, tensor]) => tensor);
  const uses = {
    parameters: floats(all),
    optimizer: stateKinds(config.optimizer).length * floats(trained),
    batch: parts * bytesOfAll(batch),
    gradients: (parts + (config.training.accumIter > 1 ? 1 : 0)) *
      bytesOfAll(outputsOf(gradient)),
    activations: parts * scratchBytes(gradient),
  };
  const total = Object.values(uses).reduce((sum, bytes) => sum + bytes, 0);
  return right({ ...uses, total });
}
