/** Memory of a step, from the lifetimes in its graphs. */
import { bytesOf, peakBytes, scratchBytes } from "../../graph/lifetimes.ts";
import {
  type Graph,
  inputSignatures,
  type Shape,
  type Signature,
  sizeOf,
} from "../../graph/node.ts";
import { parameterSpecs, stepShapes } from "../../models/local_mim.ts";
import { isDecayed } from "../../models/model_spec.ts";
import type { OptimizerConfig } from "../../optim/optimizer_config.ts";
import { updateGraph } from "../../optim/update_graph.ts";
import { type Faults, type Result, right } from "../../result.ts";
import { latentTapAt } from "../latent_phases.ts";
import { isTrainable } from "../ownership.ts";
import type { FreezePlan, Phase } from "../plan.ts";

/** Bytes of a step's tensors, by what they are for. */
export interface StepMemory {
  /** All parameters and running statistics, frozen or not. */
  readonly parameters: number;
  /** State of the optimizer, of the parameters that move. */
  readonly optimizer: number;
  /** Images, masks and indices of a micro-batch. */
  readonly batch: number;
  /** Gradients and losses of each part, and their sums where micro-batches are added up. */
  readonly gradients: number;
  /** The most that the forward and backward passes need besides at one time. */
  readonly activations: number;
  /** All of these together: what an engine takes that keeps a place for each result from the beginning. */
  readonly total: number;
  /** The most that is alive at one time: what an engine takes that makes results when they are computed. */
  readonly peak: number;
}

/** A step as far as its memory is concerned. */
export interface StepGraphs {
  /** Losses and gradients of a part of a micro-batch. */
  readonly gradient: Graph;
  /** The optimizer step; it gives each parameter and its state under the name under which it takes it. */
  readonly update: Graph;
  /** Parameters and running statistics, frozen or not. */
  readonly tensors: readonly { readonly name: string; readonly shape: Shape }[];
  /** Parts of a micro-batch that are computed at one time; 1 by default. */
  readonly parts?: number;
  /** Sums of gradients that are held beside those of the parts; none by default. */
  readonly sums?: number;
}

const bytesOfAll = (tensors: readonly Signature[]): number =>
  tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);

const outputsOf = (
  { nodes, outputs }: Graph,
  isCounted: (name: string) => boolean = () => true,
): readonly Signature[] =>
  Object.entries(outputs).flatMap(([name, id]) => {
    const node = nodes[id];
    return node !== undefined && isCounted(name) ? [node] : [];
  });

/**
 * Memory that the tensors of a step take. It falls from phase to phase. What the engine
 * and its program code take comes on top.
 */
export function stepMemory(
  { gradient, update, tensors, parts = 1, sums = 0 }: StepGraphs,
): StepMemory {
  const kept = new Set(tensors.map(({ name }) => name));
  const others = (name: string): boolean => !kept.has(name);
  const batch = Object.entries(inputSignatures(gradient))
    .flatMap(([name, tensor]) => others(name) ? [tensor] : []);
  const results = bytesOfAll(outputsOf(gradient, others));
  const uses = {
    parameters: 4 * tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    optimizer: bytesOfAll(outputsOf(update, others)),
    batch: parts * bytesOfAll(batch),
    gradients: (parts + sums) * results,
    activations: parts * scratchBytes(gradient),
  };
  const { parameters, optimizer, gradients, activations } = uses;
  const state = parameters + optimizer + uses.batch;
  return {
    ...uses,
    total: state + gradients + activations,
    peak: state + Math.max(
      parts * peakBytes(gradient) + sums * results,
      results + peakBytes(update),
      parts + sums > 1 ? (parts + sums + 1) * results : 0,
    ),
  };
}

/**
 * Memory of the steps of a phase in batches of one sample, which has latent targets where
 * they act.
 *
 * @returns A function from one of the plan's phases to bytes, or why there is no such step.
 */
export function phaseMemory(
  plan: FreezePlan,
  optimizer: OptimizerConfig,
): (phase: Phase) => Result<Faults, StepMemory> {
  const { model } = plan.config;
  const tensors = parameterSpecs(model);
  return (phase) => {
    const trains = isTrainable(plan, phase);
    const { liveStages } = phase;
    const step = {
      model,
      batch: 1,
      samples: 1,
      liveStages,
      isTrainable: trains,
      latentTap: latentTapAt(plan)(phase),
    };
    const gradient = stepShapes(step);
    if (gradient._tag === "Left") return gradient;
    const update = updateGraph(
      optimizer,
      tensors.filter(({ owner }) => trains(owner)).map((parameter) => ({
        ...parameter,
        decayed: isDecayed(parameter),
        rate: "rate",
      })),
    );
    return update._tag === "Left" ? update : right(
      stepMemory({ gradient: gradient.right, update: update.right, tensors }),
    );
  };
}
