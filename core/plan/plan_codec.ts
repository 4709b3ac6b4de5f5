/**
 * Which plans can be made.
 *
 * @module
 */
import { type Codec, wholeFrom } from "../codec/codec.ts";
import { recordOf, refined } from "../codec/structures.ts";
import { modelCodec } from "../models/model_codec.ts";
import type { Fault } from "../result.ts";
import { FREEZE_EXPONENTS } from "../schedule/freeze_time.ts";
import { freezeCodec, rateCodec } from "../config/config_codec.ts";
import { firstFreezeStep, layerFreezeTimes } from "./layers.ts";
import type { FreezeConfig } from "../config/pretrain.ts";
import type { PlanConfig } from "./plan.ts";

const warmupWithinRun = (config: PlanConfig): readonly Fault[] =>
  config.warmupSteps < config.totalSteps ? [] : [{
    _tag: "Inconsistent",
    path: "warmupSteps",
    found: config.warmupSteps,
    wanted: `less than ${config.totalSteps} (totalSteps)`,
  }];

/**
 * Moment before scaling above which a layer freezes after the warm-up.
 *
 * @param config The plan's configuration, each field in its range.
 */
export function leastT0(
  config: Omit<PlanConfig, "model" | "freeze"> & {
    readonly freeze: Pick<FreezeConfig, "scale">;
  },
): number {
  const { rate, freeze, warmupSteps, totalSteps } = config;
  return rate.warmup === "figure"
    ? (warmupSteps / totalSteps) ** (1 / FREEZE_EXPONENTS[freeze.scale])
    : 0;
}

const freezesAfterWarmup = (config: PlanConfig): readonly Fault[] =>
  config.warmupSteps >= config.totalSteps ||
    firstFreezeStep(config) > config.warmupSteps
    ? []
    : [{
      _tag: "Inconsistent",
      path: "freeze.t0",
      found: config.freeze.t0,
      wanted: `more than ${
        leastT0(config)
      }, so that the first layer freezes after the warm-up`,
    }];

const finiteRates = (config: PlanConfig): readonly Fault[] => {
  const { baseRate, mode } = config.rate;
  const [earliest] = layerFreezeTimes(config);
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

/** Accepts what a plan can be made from. */
export const planConfigCodec: Codec<PlanConfig> = refined(
  recordOf<PlanConfig>({
    model: modelCodec,
    freeze: freezeCodec,
    rate: rateCodec,
    totalSteps: wholeFrom(1),
    warmupSteps: wholeFrom(0),
  }),
  (config) => [
    ...warmupWithinRun(config),
    ...freezesAfterWarmup(config),
    ...finiteRates(config),
  ],
);
