/** From a configuration to a plan. */
import { type Codec, decode, oneOf, wholeFrom } from "../codec/codec.ts";
import { optional, recordOf, refined } from "../codec/structures.ts";
import { curriculumCodec, curriculumFaults } from "../config/curriculum.ts";
import {
  decodeFinetuneConfig,
  type FinetuneConfig,
} from "../config/finetune.ts";
import { E, pipe } from "../fp.ts";
import { freezeCodec, rateCodec } from "../config/parts.ts";
import {
  decodePretrainConfig,
  type PretrainConfig,
} from "../config/pretrain.ts";
import { modelCodec, withHead } from "../models/model_codec.ts";
import type { Faults, Result } from "../result.ts";
import { grownPhases } from "./batch_growth.ts";
import { phaseFlops } from "./cost/cost.ts";
import { planWith, scheduleFaults } from "./freeze_schedule.ts";
import { layerCount, planLayers, planStages } from "./layers.ts";
import type { FreezePlan, PlanConfig } from "./plan.ts";
import { runLength } from "./run_length.ts";

/** Codec of a plan's inputs. */
export const planConfigCodec: Codec<PlanConfig> = refined(
  recordOf<PlanConfig>({
    model: modelCodec,
    freeze: freezeCodec,
    rate: rateCodec,
    curriculum: optional(curriculumCodec),
    growBatch: optional(oneOf(true)),
    totalSteps: wholeFrom(1),
    warmupSteps: wholeFrom(0),
  }),
  (config) => [
    ...scheduleFaults(config, layerCount(config)),
    ...curriculumFaults(config.curriculum ?? [], config.model.stages.length),
  ],
);

/** The plan of a configuration whose fields are known to be right. */
export function planFrom(config: PlanConfig): FreezePlan {
  const layers = planLayers(config);
  const plan = planWith(config, layers, planStages(config, layers));
  return config.growBatch === undefined
    ? plan
    : { ...plan, phases: grownPhases(plan.phases, phaseFlops(plan)) };
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
 * import { DEFAULT_PRETRAIN_CONFIG } from "@vitfreeze/vitfreeze";
 * import { freezePlan } from "./freeze_plan.ts";
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

/**
 * Plans a pre-training run on a data set.
 *
 * @param config Everything but the images.
 * @param samples Samples of an epoch.
 * @returns The plan in optimizer steps, or every fault: in the configuration, or
 * fewer samples than one step needs.
 *
 * @example ImageNet in steps of 2048
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, planOf } from "@vitfreeze/vitfreeze";
 * import { strictEqual } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 *
 * strictEqual(plan._tag === "Right" && plan.right.totalSteps, 62_500);
 * ```
 */
export function planOf(
  config: PretrainConfig,
  samples: number,
): Result<Faults, FreezePlan> {
  return pipe(
    decodePretrainConfig(config),
    E.flatMap(({ model, freeze, rate, training, curriculum, growBatch }) =>
      pipe(
        runLength(training, samples),
        E.flatMap((length) =>
          freezePlan({
            ...{ model, freeze, rate, ...length },
            ...curriculum === undefined ? {} : { curriculum },
            ...growBatch === undefined ? {} : { growBatch },
          })
        ),
      )
    ),
  );
}

/**
 * Plans fine-tuning on a data set: the plan of a model whose only stage is the head.
 * Its layers freeze and train as those of pre-training do; with `t0 = 1` and rates of
 * mode `Uniform` all follow one cosine and nothing freezes.
 *
 * @param config Everything but the images.
 * @param samples Samples of an epoch.
 * @returns The plan in optimizer steps, or every fault of the configuration.
 */
export function finetunePlan(
  config: FinetuneConfig,
  samples: number,
): Result<Faults, FreezePlan> {
  return pipe(
    decodeFinetuneConfig(config),
    E.flatMap(({ model, freeze, rate: { layerDecay: _, ...rate }, training }) =>
      pipe(
        runLength(training, samples),
        E.flatMap((length) =>
          freezePlan({ model: withHead(model), freeze, rate, ...length })
        ),
      )
    ),
  );
}
