/**
 * What a step keeps in memory.
 *
 * @module
 */
import {
  type ModelSpec,
  patchCount,
  visibleCount,
} from "../models/model_spec.ts";
import { type ParameterSpec, parameterSpecs } from "../models/parameters.ts";
import type { OptimizerConfig } from "../config/pretrain.ts";
import { isTrainable } from "./ownership.ts";
import type { FreezePlan, Phase } from "./plan.ts";

/** Bytes of a float32. */
const FLOAT_BYTES = 4;

/** Memory of a phase. */
export interface PhaseMemory {
  /** Gradients of the trainable parameters, bytes; also what parallel workers exchange. */
  readonly gradientBytes: number;
  /** Moments of the trainable parameters, bytes. */
  readonly optimizerBytes: number;
  /** Estimate of what the backward pass needs from the forward pass, bytes for one sample. */
  readonly activationBytes: number;
}

const sizeOf = ({ shape }: ParameterSpec): number =>
  shape.reduce((product, extent) => product * extent, 1);

const momentsOf = (optimizer: OptimizerConfig): 0 | 1 | 2 =>
  optimizer._tag === "AdamW" ? 2 : optimizer.momentum > 0 ? 1 : 0;

/**
 * Parameters that train in a phase.
 *
 * @param plan The plan.
 * @returns A function from one of its phases to a number of scalars.
 */
export function trainableCount(plan: FreezePlan): (phase: Phase) => number {
  const parameters = parameterSpecs(plan.config.model);
  return (phase) => {
    const trains = isTrainable(plan, phase);
    return parameters.filter(({ owner }) => trains(owner))
      .reduce((sum, parameter) => sum + sizeOf(parameter), 0);
  };
}

/** Numbers of a block that its gradient reads: inputs of both norms, normalised inputs, q, k, v, attention weights, mixed values, hidden units before and after the activation. */
const blockActivations = (
  tokens: number,
  width: number,
  heads: number,
  mlpRatio: number,
): number => tokens * width * (8 + 2 * mlpRatio) + heads * tokens ** 2;

const decoderActivations = (model: ModelSpec): number =>
  model.decoderDepth *
  blockActivations(
    patchCount(model) + 1,
    model.decoderEmbedDim,
    model.decoderNumHeads,
    4,
  );

const activationsOf = (plan: FreezePlan, phase: Phase): number => {
  const { model, freeze } = plan.config;
  const reachesAll = freeze.classToken === "neverFrozen" ||
    !freeze.freezePatchEmbed;
  const trainsBlock = isTrainable(plan, phase);
  const blocks = Array.from({ length: model.depth }, (_, index) => index)
    .filter((index) => reachesAll || trainsBlock({ _tag: "Block", index }));
  const block = blockActivations(
    visibleCount(model) + 1,
    model.embedDim,
    model.numHeads,
    model.mlpRatio,
  );
  return blocks.length * block +
    phase.liveStages.length * decoderActivations(model);
};

/**
 * Memory of a phase beside the parameters themselves.
 *
 * Gradients and moments are exact. Activations are an estimate of what blocks
 * keep until their gradient is taken; heads and images are left out.
 *
 * @param plan The plan.
 * @param optimizer Decides how many moments a parameter has: two for AdamW, one
 * for descent with momentum, none without.
 * @returns A function from one of the plan's phases to bytes in float32.
 */
export function phaseMemory(
  plan: FreezePlan,
  optimizer: OptimizerConfig,
): (phase: Phase) => PhaseMemory {
  const countOf = trainableCount(plan);
  return (phase) => {
    const gradientBytes = FLOAT_BYTES * countOf(phase);
    return {
      gradientBytes,
      optimizerBytes: momentsOf(optimizer) * gradientBytes,
      activationBytes: FLOAT_BYTES * activationsOf(plan, phase),
    };
  };
}
