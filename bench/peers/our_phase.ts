/** Our step with a number of frozen layers. */
import {
  type FreezePlan,
  type ModelSpec,
  type Phase,
  type PretrainConfig,
  sizeOf,
} from "../../core/mod.ts";
import { orThrow, trainableParameters } from "../../train/mod.ts";
import { benchedPlan, configOf } from "../step/step_spec.ts";

/** A phase of a plan, with what determines it. */
export interface OurPhase {
  /** The papers' recipe for the model, with a rate for few images. */
  readonly config: PretrainConfig;
  /** Its plan. */
  readonly plan: FreezePlan;
  /** The phase with so many frozen layers. */
  readonly phase: Phase;
}

/** Base rate of the pre-training step: that of the recipe is for 2048 images a step. */
const PEER_RATE = 1e-4;

/**
 * The phase in which so many layers are frozen.
 *
 * @param model Sizes.
 * @param batchSize Images of a step.
 * @param frozen Number of frozen layers.
 * @param classToken When the class token freezes.
 * @throws With a message to print if there is no such phase.
 */
export function ourPhase(
  model: ModelSpec,
  batchSize: number,
  frozen: number,
  classToken: PretrainConfig["freeze"]["classToken"] = "withLayer0",
): OurPhase {
  const recipe = configOf(model, batchSize);
  const config = {
    ...recipe,
    freeze: { ...recipe.freeze, classToken },
    rate: { ...recipe.rate, baseRate: PEER_RATE },
  };
  const plan = orThrow(benchedPlan(config));
  const phase = plan.phases.find(({ frozenLayers }) => frozenLayers === frozen);
  if (phase === undefined) {
    throw new Error(`No phase has ${frozen} frozen layers`);
  }
  return { config, plan, phase };
}

/** Number of trainable parameters in a phase. */
export function trainableCount({ config, plan, phase }: OurPhase): number {
  return trainableParameters(config, plan, phase.from + 1)
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
