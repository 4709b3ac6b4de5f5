/**
 * From a configuration to a plan.
 *
 * @module
 */
import { decode } from "../codec/codec.ts";
import { E, pipe } from "../fp.ts";
import type { Faults, Result } from "../result.ts";
import { unfrozenSchedule } from "./layer_schedule.ts";
import { planLayers, planStages } from "./layers.ts";
import { phasesOf } from "./phases.ts";
import type { FreezePlan, PlanConfig } from "./plan.ts";
import { planConfigCodec } from "./plan_codec.ts";

/**
 * The plan of a configuration whose fields are known to be right.
 *
 * @param config A configuration without faults.
 */
export function planFrom(config: PlanConfig): FreezePlan {
  const { totalSteps, warmupSteps } = config;
  const layers = planLayers(config);
  const stages = planStages(config, layers);
  return {
    version: 1,
    config,
    totalSteps,
    warmupSteps,
    layers,
    stages,
    unfrozen: unfrozenSchedule(config.rate, config),
    phases: phasesOf(layers, stages, totalSteps),
  };
}

/**
 * Plans a run: layers with their freeze steps and rates, stages with the step at
 * which they are pruned, and the phases between.
 *
 * Layer 0 is the patch embedding (unless it is never frozen), then every block is
 * a layer. Layer `i` freezes at `t_i` of the run and trains by a cosine that ends
 * there; a stage is pruned when the layer of its tap freezes. Freezing is
 * half-open: a layer trains at steps before its `freezeStep` and not from it on.
 *
 * @param config The model, freeze times, rates and length of the run in optimizer steps.
 * @returns The plan, or every fault in its configuration: fields outside their
 * range, a model that cannot be built, a warm-up as long as the run, a first
 * layer that would freeze during the warm-up.
 *
 * @see Brock et al., FreezeOut, 2017, for freeze times and rates; Wang et al.,
 * Masked Image Modeling with Local Multi-Scale Reconstruction, 2023, for the stages.
 *
 * @example ViT-B loses its first task when block 1 freezes
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, freezePlan } from "@vitfreeze/vitfreeze/core";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const { model, freeze, rate } = DEFAULT_PRETRAIN_CONFIG;
 * const plan = freezePlan({ model, freeze, rate, totalSteps: 1000, warmupSteps: 100 });
 *
 * deepStrictEqual(
 *   plan._tag === "Right" && plan.right.phases.slice(0, 4).map(
 *     ({ from, to, frozenLayers, liveStages }) => [from, to, frozenLayers, liveStages.length],
 *   ),
 *   [[0, 512, 0, 4], [512, 545, 1, 4], [545, 579, 2, 4], [579, 615, 3, 3]],
 * );
 * ```
 */
export function freezePlan(config: PlanConfig): Result<Faults, FreezePlan> {
  return pipe(decode(planConfigCodec)(config), E.map(planFrom));
}
