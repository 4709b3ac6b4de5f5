/** What a model costs in a run, apart from any device. */
import type { PretrainConfig } from "../config/pretrain.ts";
import { E, pipe } from "../fp.ts";
import { sizeOf } from "../graph/node.ts";
import { parameterSpecs } from "../models/local_mim.ts";
import { patchCount } from "../models/model_spec.ts";
import { phaseFlops, predictedSaving } from "../plan/cost/cost.ts";
import { freezePlan } from "../plan/freeze_plan.ts";
import { phaseMemory } from "../plan/cost/memory.ts";
import type { Faults, Result } from "../result.ts";
import type { StepBytes } from "./step_batch.ts";

/** Costs of a model for one image. */
export interface ModelCosts {
  /** Floating-point operations of a step before anything freezes. */
  readonly flops: number;
  /** Part of them that the run's steps have on average, in `(0, 1]`. */
  readonly cost: number;
  /** Bytes of a step's tensors. */
  readonly bytes: StepBytes;
  /** Patches for each parameter of the encoder. */
  readonly patches: number;
}

/** Steps of a run that is long enough for its phases to have their parts of it. */
const STEPS = { totalSteps: 1000, warmupSteps: 50 } as const;

/** Numbers that the encoder learns. */
const encoderSize = ({ model }: PretrainConfig): number =>
  parameterSpecs(model).filter(({ owner }) => owner._tag !== "Stage")
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/**
 * Costs of the model of a configuration under its freezing.
 *
 * @returns The costs, or what is wrong with the configuration.
 */
export function modelCosts(
  config: PretrainConfig,
): Result<Faults, ModelCosts> {
  const { model, freeze, rate, optimizer } = config;
  return pipe(
    freezePlan({ model, freeze, rate, ...STEPS }),
    E.flatMap((plan) =>
      pipe(
        phaseMemory(plan, optimizer)(plan.phases[0]),
        E.map(({ parameters, optimizer, gradients, batch, activations }) => ({
          flops: phaseFlops(plan)(plan.phases[0]),
          cost: 1 - predictedSaving(plan),
          bytes: {
            fixed: parameters + optimizer + gradients,
            perImage: batch + activations,
          },
          patches: patchCount(model) / encoderSize(config),
        })),
      )
    ),
  );
}
