/** Cost of a step, counted in the graphs that are run, and the saving of freezing. */
import { graphFlops } from "../../graph/cost.ts";
import type { Graph } from "../../graph/node.ts";
import { traceShapes } from "../../graph/trace.ts";
import { memoized } from "../../memo.ts";
import { convNetStepGraph } from "../../models/convnet.ts";
import type { ConvNetSpec } from "../../models/convnet_spec.ts";
import { encode } from "../../models/encoder.ts";
import { stepShapes } from "../../models/local_mim.ts";
import {
  type ModelSpec,
  type Owner,
  visibleCount,
} from "../../models/model_spec.ts";
import { modelScope } from "../../nn/scope.ts";
import type { Faults, Result } from "../../result.ts";
import type { ConvNetPlan } from "../convnet_plan.ts";
import { latentTapAt } from "../latent_phases.ts";
import { firstBlockLayer } from "../layers.ts";
import { isTrainable } from "../ownership.ts";
import type { FreezePlan, Phase, PlanConfig } from "../plan.ts";

/** A plan of a Vision Transformer or of a convolutional network. */
export type AnyPlan = FreezePlan | ConvNetPlan;

/** Operations of a graph; `NaN` if the model cannot be built. */
const flopsOf = (graph: Result<Faults, Graph>): number =>
  graph._tag === "Left" ? NaN : graphFlops(graph.right);

const vitStepFlops = memoized((
  model: ModelSpec,
  liveStages: readonly number[],
  frozenLayers: number,
  freezePatchEmbed: boolean,
  classToken: PlanConfig["freeze"]["classToken"],
): number => {
  const config = { model, freeze: { freezePatchEmbed, classToken } };
  const phase = { frozenLayers, liveStages };
  const latentTap = latentTapAt({ config })(phase);
  // As many samples as share the cost of one with latent targets.
  const batch = latentTap === null ? 1 : model.latent?.every ?? 1;
  const graph = stepShapes({
    ...{ model, batch, samples: batch, liveStages, latentTap },
    isTrainable: isTrainable({ config }, phase),
  });
  return flopsOf(graph) / batch;
});

const convNetStepFlops = memoized((
  model: ConvNetSpec,
  firstTrained: number,
): number => flopsOf(convNetStepGraph({ ...model, batch: 1, firstTrained })));

const isConvNet = (plan: AnyPlan): plan is ConvNetPlan =>
  "family" in plan.config.model;

/**
 * Floating-point operations of a phase, for one sample of a batch: those of the graph of
 * its steps. The forward pass always runs through the whole encoder; a frozen layer has no
 * weight gradient, a pruned stage is not there. Where latent targets act, frozen blocks
 * run through all patches of one sample in `every` besides, and each sample has its part.
 *
 * @param plan The plan.
 * @returns A function from one of its phases to operations.
 *
 * @example A step of ViT-B before anything freezes and at the end
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, phaseFlops, planOf } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 * if (plan._tag === "Left") throw new Error("unreachable");
 * const flopsOf = phaseFlops(plan.right);
 * const gigaflops = plan.right.phases.map((phase) => flopsOf(phase) / 1e9);
 *
 * deepStrictEqual([gigaflops[0], gigaflops.at(-1)], [30.82941696, 11.188680192]);
 * ```
 */
export function phaseFlops(plan: AnyPlan): (phase: Phase) => number {
  if (isConvNet(plan)) {
    const { model } = plan.config;
    return ({ frozenLayers }) => convNetStepFlops(model, frozenLayers);
  }
  const { model, freeze } = plan.config;
  const { freezePatchEmbed, classToken } = freeze;
  return ({ liveStages, frozenLayers }) =>
    vitStepFlops(model, liveStages, frozenLayers, freezePatchEmbed, classToken);
}

/** Operations of a layer of the encoder that trains, for one sample of a batch. */
export interface LayerFlops {
  /** Forward pass. */
  readonly forward: number;
  /** Forward and backward pass. */
  readonly total: number;
}

/** Operations of the patch embedding and the first `depth` blocks, all of which train or none. */
const encoderFlops = (
  model: ModelSpec,
  depth: number,
  isTrained: boolean,
): number =>
  flopsOf(traceShapes((g) => {
    const scope = modelScope<Owner>(g);
    const { inChannels: C, imageSize: S } = model;
    const images = g.input("images", [1, C, S, S]);
    const idsKeep = g.input("idsKeep", [1, visibleCount(model)], "int32");
    const { blocks, visibleTokens } = encode(
      scope,
      model,
      images,
      idsKeep,
      depth,
    );
    const loss = g.sumTo(blocks.at(-1) ?? visibleTokens, []);
    return { loss, ...scope.gradients(loss, () => isTrained) };
  }));

/**
 * Operations of each layer of the encoder while nothing is frozen; a patch embedding that
 * never freezes is counted with block 0.
 */
export function layerFlops(
  { config: { model, freeze }, layers }: FreezePlan,
): readonly LayerFlops[] {
  const [patches, one] = [0, 1].map((depth): LayerFlops => ({
    forward: encoderFlops(model, depth, false),
    total: encoderFlops(model, depth, true),
  })) as [LayerFlops, LayerFlops];
  const block = {
    forward: one.forward - patches.forward,
    total: one.total - patches.total,
  };
  const first = firstBlockLayer(freeze) === 1 ? patches : one;
  return layers.map((_, i) => i === 0 ? first : block);
}

/** Cost of the steps from `begun` to `done` of a run, which cost so much in each phase. */
const spent = (
  { phases }: Pick<AnyPlan, "phases">,
  costOf: (phase: Phase) => number,
  done: number,
  begun: number = 0,
): number =>
  phases.reduce((sum, phase) => {
    const from = Math.max(phase.from, begun);
    const steps = Math.max(0, Math.min(phase.to, done) - from);
    return steps === 0 ? sum : sum + steps * costOf(phase);
  }, 0);

/**
 * Part of a run's cost that freezing saves, against a run of equal length whose steps all
 * cost what those of the first phase cost.
 *
 * @param plan The plan; its first phase is one in which nothing is frozen.
 * @param costOf Cost of a step of a phase: operations, seconds.
 * @param done Steps of the run so far; by default all.
 * @returns At most 1; `NaN` if the cost of a phase that was entered is.
 */
export function savedPart(
  plan: Pick<AnyPlan, "phases" | "totalSteps">,
  costOf: (phase: Phase) => number,
  done: number = plan.totalSteps,
): number {
  return 1 - spent(plan, costOf, done) / (done * costOf(plan.phases[0]));
}

/**
 * Floating-point operations of a whole run, for one sample of every batch.
 *
 * @returns `Σ` over phases of steps times operations of a step.
 */
export function runFlops(plan: AnyPlan): number {
  return spent(plan, phaseFlops(plan), plan.totalSteps);
}

/**
 * Floating-point operations of a part of a run, for one sample of every batch.
 *
 * @param from Its first step.
 * @param to The step behind its last one.
 */
export function stretchFlops(plan: AnyPlan, from: number, to: number): number {
  return spent(plan, phaseFlops(plan), to, from);
}

/**
 * Floating-point operations of a run of equal length in which nothing freezes,
 * for one sample of every batch.
 *
 * @param plan The plan; its first phase is one in which nothing is frozen.
 */
export function unfrozenRunFlops(plan: AnyPlan): number {
  return plan.totalSteps * phaseFlops(plan)(plan.phases[0]);
}

/**
 * Part of the operations that freezing saves, against the same plan with `t0 = 1`.
 *
 * @param plan The plan.
 * @returns A number in `[0, 1)`; below 0 where latent targets cost more than freezing saves.
 *
 * @example What the recipe of the paper saves
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, planOf, predictedSaving } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 *
 * strictEqual(plan._tag === "Right" && predictedSaving(plan.right).toFixed(3), "0.173");
 * ```
 */
export function predictedSaving(plan: AnyPlan): number {
  return savedPart(plan, phaseFlops(plan));
}
