/** From a configuration to a plan. */
import type { FreezeTime } from "../brand.ts";
import { type Codec, decode, oneOf, wholeFrom } from "../codec/codec.ts";
import { optional, recordOf, refined } from "../codec/structures.ts";
import { curriculumCodec, curriculumFaults } from "../config/curriculum.ts";
import {
  decodeFinetuneConfig,
  type FinetuneConfig,
} from "../config/finetune.ts";
import { E, pipe } from "../fp.ts";
import {
  freezeCodec,
  rateCodec,
  type TrainingConfig,
} from "../config/parts.ts";
import {
  decodePretrainConfig,
  type PretrainConfig,
} from "../config/pretrain.ts";
import { modelCodec, withHead } from "../models/model_codec.ts";
import {
  type Fault,
  type Faults,
  inconsistent,
  left,
  type Result,
} from "../result.ts";
import { freezeStepAt } from "../schedule/annealing.ts";
import {
  FREEZE_EXPONENTS,
  type FreezeScale,
  type FreezeTimes,
  freezeTimes,
  scaled,
} from "../schedule/freeze_time.ts";
import { grownPhases } from "./batch_growth.ts";
import { phaseFlops } from "./cost.ts";
import {
  layerCount,
  planLayers,
  planStages,
  unfrozenSchedule,
} from "./layers.ts";
import {
  type FreezePlan,
  phasesOf,
  type PlanConfig,
  type PlanLayer,
  type PlanStage,
} from "./plan.ts";

/** Freeze times, rates and length of a run, whatever the model. */
export interface FreezeSchedule
  extends Pick<PlanConfig, "rate" | "totalSteps" | "warmupSteps"> {
  /** First freeze, and how freeze times are bent. */
  readonly freeze: FreezeTimes;
}

const warmupWithinRun = (config: FreezeSchedule): readonly Fault[] =>
  inconsistent(
    config.warmupSteps < config.totalSteps,
    "warmupSteps",
    config.warmupSteps,
    `less than ${config.totalSteps} (totalSteps)`,
  );

/** Time before scaling above which a layer freezes after the warm-up. */
export function leastT0(
  { rate, freeze, warmupSteps, totalSteps }: FreezeSchedule,
): number {
  return rate.warmup === "perLayer"
    ? (warmupSteps / totalSteps) ** (1 / FREEZE_EXPONENTS[freeze.scale])
    : 0;
}

/** Values of `t0` that a message names: ten thousandths. */
const NAMED_T0 = 10_000;

/** First step at which the first layer is frozen, for some `t0`. */
const firstFreezeAt =
  ({ freeze: { scale }, rate, ...span }: FreezeSchedule) =>
  (t0: number): number =>
    freezeStepAt(rate.warmup, span)(scaled(scale)(t0) as FreezeTime);

/**
 * The least `t0` that a plan can have, rounded up to a number that can be typed.
 *
 * @returns A multiple of 0.0001 in `(0, 1]` with which the first layer freezes after the
 * warm-up; with one less it does not.
 */
export function leastTypedT0(config: FreezeSchedule): number {
  const freezesAt = firstFreezeAt(config);
  let part = Math.max(1, Math.floor(NAMED_T0 * leastT0(config)) - 1);
  while (
    part < NAMED_T0 && freezesAt(part / NAMED_T0) <= config.warmupSteps
  ) part++;
  return part / NAMED_T0;
}

const POWERS: Readonly<Record<FreezeScale, string>> = {
  linear: "",
  squared: "²",
  cubic: "³",
};

/** The freeze time that a `t0` means, as the sum that it is: `0.5³ = 0.125`. */
function freezeTimeText({ t0, scale }: FreezeSchedule["freeze"]): string {
  const time = Number(scaled(scale)(t0).toPrecision(3));
  return scale === "linear" ? `${time}` : `${t0}${POWERS[scale]} = ${time}`;
}

/** What a first layer that freezes within the warm-up means, and what would be right. */
function earlyFreeze(config: FreezeSchedule, step: number): Fault {
  const { freeze, totalSteps, warmupSteps } = config;
  const means = `the first layer would freeze at ${
    freezeTimeText(freeze)
  } of the run, at step ${step} of ${totalSteps}`;
  return {
    _tag: "Inconsistent",
    path: freeze.times === undefined ? "freeze.t0" : "freeze.times[0]",
    found: freeze.t0,
    wanted: `at least ${
      leastTypedT0(config)
    }: ${means}, and the warm-up lasts until step ${warmupSteps}`,
  };
}

/** A first layer that freezes within the warm-up. */
const freezesAfterWarmup = (
  config: FreezeSchedule,
  layers: number,
): readonly Fault[] => {
  const { freeze, totalSteps, warmupSteps } = config;
  if (layers < 2 || warmupSteps >= totalSteps) return [];
  const step = firstFreezeAt(config)(freeze.t0);
  return step > warmupSteps ? [] : [earlyFreeze(config, step)];
};

/** A freeze time for every layer, where they are listed. */
const timeOfEach = (
  { freeze: { times } }: FreezeSchedule,
  layers: number,
): readonly Fault[] =>
  inconsistent(
    times === undefined || times.length === layers,
    "freeze.times",
    times?.length,
    `${layers} times, one for each layer from shallow to deep`,
  );

const finiteRates = (
  config: FreezeSchedule,
  layers: number,
): readonly Fault[] => {
  const { baseRate, mode } = config.rate;
  const [earliest] = freezeTimes(config.freeze, layers);
  return mode._tag === "Uniform" || earliest === undefined ||
      Number.isFinite(baseRate / earliest ** mode.power)
    ? []
    : [{
      _tag: "Inconsistent",
      path: "rate.mode.power",
      found: mode.power,
      wanted: `a power that keeps ${baseRate} / ${earliest}^power finite`,
    }];
};

/**
 * Faults of a schedule whose fields are each in their range: a warm-up as long
 * as the run, a first layer that freezes within it, rates that are not finite, more or
 * fewer listed freeze times than layers.
 */
export function scheduleFaults(
  config: FreezeSchedule,
  layers: number,
): readonly Fault[] {
  return [
    ...warmupWithinRun(config),
    ...freezesAfterWarmup(config, layers),
    ...finiteRates(config, layers),
    ...timeOfEach(config, layers),
  ];
}

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

/** A plan from its layers and stages. */
export function planWith<Config extends FreezeSchedule>(
  config: Config,
  layers: readonly PlanLayer[],
  stages: readonly PlanStage[],
): FreezePlan<Config> {
  const { totalSteps, warmupSteps } = config;
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
 * Optimizer steps of an epoch; samples that fill no whole step are dropped.
 *
 * @param training Batch size and accumulation.
 * @returns `⌊samples / (batchSize·accumIter)⌋`.
 */
export function stepsPerEpoch(
  { batchSize, accumIter }: Pick<TrainingConfig, "batchSize" | "accumIter">,
  samples: number,
): number {
  return Math.floor(samples / (batchSize * accumIter));
}

/** Length of a run in optimizer steps, or that an epoch has none. */
export function runLength(
  training: Omit<TrainingConfig, "accumIter" | "seed"> & {
    readonly accumIter?: number;
  },
  samples: number,
): Result<Faults, Pick<PlanConfig, "totalSteps" | "warmupSteps">> {
  const { epochs, warmupEpochs, batchSize, accumIter } = training;
  const least = batchSize * (accumIter ?? 1);
  const steps = Math.floor(samples / least);
  return Number.isSafeInteger(samples) && steps >= 1
    ? E.right({
      totalSteps: epochs * steps,
      warmupSteps: Math.round(warmupEpochs * steps),
    })
    : left([{
      _tag: "OutOfRange",
      path: "samples",
      found: samples,
      wanted: `a whole number of at least ${least} ${
        accumIter === undefined
          ? "(batchSize)"
          : "(batchSize · accumIter): an epoch has at least one step"
      }`,
    }]);
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
