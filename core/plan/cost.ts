/**
 * What a step costs.
 *
 * @module
 */
import { HOG_FLOPS_PER_SAMPLE_PIXEL } from "../graph/ops/hog.ts";
import type { ModelSpec } from "../models/model_spec.ts";
import { firstBlockLayer } from "./layers.ts";
import {
  encoderBlockFlops,
  type ModuleFlops,
  patchEmbedFlops,
  stageFlops,
} from "./module_flops.ts";
import type { FreezePlan, Phase, PlanLayer, PlanStage } from "./plan.ts";

/** Floating-point operations for one sample of a batch. */
export interface Flops {
  /** Forward pass. */
  readonly forward: number;
  /** Gradients of weights. */
  readonly backwardWeights: number;
  /** Gradients of activations. */
  readonly backwardActivations: number;
}

/** Floating-point operations of each part of a model during a phase, for one sample of a batch. */
export interface PhaseFlops {
  /** Encoder by layer; a patch embedding that never freezes is counted with block 0. */
  readonly layers: readonly Flops[];
  /** Decoders by stage; zeros where the stage is pruned. */
  readonly stages: readonly Flops[];
  /** Targets of all live stages, one pass; a nominal count. */
  readonly targets: number;
  /** Everything. */
  readonly total: number;
}

const NOTHING: Flops = {
  forward: 0,
  backwardWeights: 0,
  backwardActivations: 0,
};

/** Adds operations up part by part. */
export function sumFlops(parts: readonly Flops[]): Flops {
  return parts.reduce((total, part) => ({
    forward: total.forward + part.forward,
    backwardWeights: total.backwardWeights + part.backwardWeights,
    backwardActivations: total.backwardActivations + part.backwardActivations,
  }), NOTHING);
}

/** Forward and backward operations together. */
export function totalFlops(flops: Flops): number {
  return flops.forward + flops.backwardWeights + flops.backwardActivations;
}

/** How far the backward pass goes into a part of the model. */
interface Backward {
  /** Its weights train. */
  readonly trains: boolean;
  /** A gradient must pass its products, to its own norms or to something below. */
  readonly reached: boolean;
}

/** A weight gradient costs a product as much as its forward, an activation gradient too; a product of two activations has two of those. */
const withBackward = (
  { weighted, attention }: ModuleFlops,
  { trains, reached }: Backward,
): Flops => ({
  forward: weighted + attention,
  backwardWeights: trains ? weighted : 0,
  backwardActivations: reached ? weighted + 2 * attention : 0,
});

/** Images need no gradient, so nothing is reached below the patch embedding. */
const patchEmbed = (model: ModelSpec, trains: boolean): Flops =>
  withBackward(patchEmbedFlops(model), { trains, reached: false });

/** Whether something below all blocks trains for ever and draws the gradient through them. */
const drawsGradient = ({ config: { freeze } }: FreezePlan): boolean =>
  freeze.classToken === "neverFrozen" || !freeze.freezePatchEmbed;

const layerFlops =
  (plan: FreezePlan, phase: Phase) => ({ index }: PlanLayer): Flops => {
    const { model, freeze } = plan.config;
    const first = firstBlockLayer(freeze);
    const trains = index >= phase.frozenLayers;
    if (index < first) return patchEmbed(model, trains);
    const block = withBackward(encoderBlockFlops(model), {
      trains,
      reached: trains || drawsGradient(plan),
    });
    return first === 0 && index === 0
      ? sumFlops([patchEmbed(model, true), block])
      : block;
  };

const liveStageFlops =
  (plan: FreezePlan, phase: Phase) => ({ index }: PlanStage): Flops => {
    const { model } = plan.config;
    const stage = model.stages[index];
    return stage !== undefined && phase.liveStages.includes(index)
      ? withBackward(stageFlops(model, stage), { trains: true, reached: true })
      : NOTHING;
  };

/**
 * Floating-point operations of a phase, for one sample of a batch.
 *
 * The forward pass always runs through the whole encoder. A frozen layer has no
 * weight gradient; an activation gradient passes only layers that train or have
 * something below them that does. A pruned stage costs nothing.
 *
 * @param plan The plan.
 * @returns A function from one of its phases to operations by part.
 *
 * @example A step of ViT-B before anything freezes and at the end
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, phaseFlops, planOf } from "@vitfreeze/vitfreeze/core";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 * if (plan._tag === "Left") throw new Error("unreachable");
 * const flopsOf = phaseFlops(plan.right);
 * const gigaflops = plan.right.phases.map((phase) => flopsOf(phase).total / 1e9);
 *
 * deepStrictEqual([gigaflops[0], gigaflops.at(-1)], [30.82941696, 11.188680192]);
 * ```
 */
export function phaseFlops(plan: FreezePlan): (phase: Phase) => PhaseFlops {
  const { inChannels, imageSize } = plan.config.model;
  const targets = HOG_FLOPS_PER_SAMPLE_PIXEL * inChannels * imageSize ** 2;
  return (phase) => {
    const layers = plan.layers.map(layerFlops(plan, phase));
    const stages = plan.stages.map(liveStageFlops(plan, phase));
    const total = totalFlops(sumFlops([...layers, ...stages])) + targets;
    return { layers, stages, targets, total };
  };
}

/**
 * Floating-point operations of a whole run, for one sample of every batch.
 *
 * @param plan The plan.
 * @returns `Σ` over phases of steps times operations of a step.
 */
export function runFlops(plan: FreezePlan): number {
  const flopsOf = phaseFlops(plan);
  return plan.phases.reduce(
    (sum, phase) => sum + (phase.to - phase.from) * flopsOf(phase).total,
    0,
  );
}

/**
 * Floating-point operations of a run of equal length in which nothing freezes,
 * for one sample of every batch.
 *
 * @param plan The plan; its first phase is one in which nothing is frozen.
 */
export function unfrozenRunFlops(plan: FreezePlan): number {
  return plan.totalSteps * phaseFlops(plan)(plan.phases[0]).total;
}

/**
 * Part of the operations that freezing saves, against the same plan with `t0 = 1`.
 *
 * @param plan The plan.
 * @returns A number in `[0, 1)`.
 *
 * @example What the recipe of the paper saves
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, planOf, predictedSaving } from "@vitfreeze/vitfreeze/core";
 * import { strictEqual } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 *
 * strictEqual(plan._tag === "Right" && predictedSaving(plan.right).toFixed(3), "0.173");
 * ```
 */
export function predictedSaving(plan: FreezePlan): number {
  return 1 - runFlops(plan) / unfrozenRunFlops(plan);
}
