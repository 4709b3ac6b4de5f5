/** The plan of a run: what trains when and how fast. */
import type { FreezeTime } from "../brand.ts";
import type { Curriculum } from "../schedule/curriculum.ts";
import type { ModelSpec, StageScale } from "../models/model_spec.ts";
import type { TrainingSpan } from "../schedule/annealing.ts";
import type { RateSchedule } from "../schedule/rate_schedule.ts";
import type { FreezeConfig, RateConfig } from "../config/parts.ts";

/** Everything that determines a plan. */
export interface PlanConfig extends TrainingSpan {
  /** The model. */
  readonly model: ModelSpec;
  /** Freeze times of the layers. */
  readonly freeze: FreezeConfig;
  /** Learning rates of the layers. */
  readonly rate: RateConfig;
  /** Weights of the stages over time, as factors on their own; absent where they stay. */
  readonly curriculum?: Curriculum;
  /** True if the batch grows as phases get cheaper; absent where it stays. */
  readonly growBatch?: true;
}

/** A layer: parts of the model that freeze as one. */
export interface PlanLayer {
  /** Position from shallow to deep, from 0. */
  readonly index: number;
  /** `patch_embed`, or `block` and its number; names of a convolutional network are its own. */
  readonly name: string;
  /** Index of the first stage whose tap is at this layer or deeper. */
  readonly stage: number;
  /** Time at which it freezes, as a part of training. */
  readonly freezeTime: FreezeTime;
  /** First step at which it is frozen; `totalSteps` if it never is. */
  readonly freezeStep: number;
  /** Its learning rate. */
  readonly schedule: RateSchedule;
}

/** One reconstruction task. */
export interface PlanStage {
  /** Position from shallow to deep, from 0. */
  readonly index: number;
  /** Index of the layer that it taps. */
  readonly layer: number;
  /** Target cells along one side of a patch. */
  readonly scale: StageScale;
  /** Weight in the total loss; a curriculum is a factor on it. */
  readonly weight: number;
  /** First step at which the task is gone: when the tapped layer freezes, or has no weight any more. */
  readonly pruneStep: number;
}

/** A stretch of training over which the same parameters train. */
export interface Phase {
  /** Position in time, from 0. */
  readonly index: number;
  /** First optimizer step. */
  readonly from: number;
  /** First optimizer step that is no longer in it. */
  readonly to: number;
  /** Count of frozen layers; they are the first ones. */
  readonly frozenLayers: number;
  /** Indices of the layers that train, rising. */
  readonly trainableLayers: readonly number[];
  /** Indices of the stages that still train, rising; never empty. */
  readonly liveStages: readonly number[];
  /**
   * Steps after which the parameters move at once, on the average, where the batch grows:
   * as many as cost what one of the first phase costs. Absent, each step moves them.
   */
  readonly stepsAtOnce?: number;
}

/** Phases in order; there is always one. */
export type Phases = readonly [Phase, ...Phase[]];

/** A plan: what trains when and how fast, a pure function of its configuration. */
export interface FreezePlan<Config = PlanConfig> extends TrainingSpan {
  /** Version of this form. */
  readonly version: 1;
  /** Its configuration. */
  readonly config: Config;
  /** Layers from shallow to deep. */
  readonly layers: readonly PlanLayer[];
  /** Stages from shallow to deep. */
  readonly stages: readonly PlanStage[];
  /** Rate of parameters that no layer owns and that therefore never freeze. */
  readonly unfrozen: RateSchedule;
  /** Phases in order; together they are `[0, totalSteps)`. */
  readonly phases: Phases;
}

/**
 * Cuts a run wherever a layer freezes or a stage is pruned.
 *
 * @returns Phases that tile `[0, totalSteps)`; what happens at the same step shares a cut.
 */
export function phasesOf(
  layers: readonly PlanLayer[],
  stages: readonly PlanStage[],
  totalSteps: number,
): Phases {
  const cuts = [
    ...layers.map(({ freezeStep }) => freezeStep),
    ...stages.map(({ pruneStep }) => pruneStep),
  ].filter((step) => step > 0 && step < totalSteps);
  const starts = [...new Set(cuts)].toSorted((a, b) => a - b);
  const phase = (from: number, index: number): Phase => {
    const training = layers.filter(({ freezeStep }) => freezeStep > from);
    const live = stages.filter(({ pruneStep }) => pruneStep > from);
    return {
      index,
      from,
      to: starts[index] ?? totalSteps,
      frozenLayers: layers.length - training.length,
      trainableLayers: training.map((layer) => layer.index),
      liveStages: live.map((stage) => stage.index),
    };
  };
  return [phase(0, 0), ...starts.map((from, i) => phase(from, i + 1))];
}

/**
 * Phase of a step.
 *
 * @param plan The plan.
 * @returns A function from an optimizer step to its phase; steps before the run
 * have the first one, steps after it the last.
 *
 * @example The first step trains everything
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, phaseAt, planOf } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 *
 * strictEqual(plan._tag === "Right" && phaseAt(plan.right)(0).frozenLayers, 0);
 * ```
 */
export function phaseAt(
  plan: Pick<FreezePlan, "phases">,
): (step: number) => Phase {
  const [first, ...others] = plan.phases;
  return (step) => others.findLast(({ from }) => from <= step) ?? first;
}
