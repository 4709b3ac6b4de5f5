/** The plan of a linear probe: one layer, one phase. */
import type { FreezeTime } from "../brand.ts";
import { decodeProbeConfig, type ProbeConfig } from "../config/probe.ts";
import { type Faults, type Result, right } from "../result.ts";
import { cosineRate } from "../schedule/rate_schedule.ts";
import { type FreezePlan, phasesOf } from "./plan.ts";

/** The plan of a probe: all of it trains, always. */
export type ProbePlan = FreezePlan<ProbeConfig>;

/** The plan of a probe in steps: one layer that never freezes, and one phase. */
function planFrom(config: ProbeConfig, stepsPerEpoch: number): ProbePlan {
  const { epochs, warmupEpochs, baseRate, batchSize } = config;
  const totalSteps = epochs * stepsPerEpoch;
  const warmupSteps = warmupEpochs * stepsPerEpoch;
  const schedule = cosineRate({
    peakRate: baseRate * batchSize / 256,
    endRate: 0,
    warmupSteps,
    totalSteps,
  });
  const layers = [{
    index: 0,
    name: "linear",
    stage: 0,
    freezeTime: 1 as FreezeTime,
    freezeStep: totalSteps,
    schedule,
  }];
  const stages = [
    { index: 0, layer: 0, scale: 1, weight: 1, pruneStep: totalSteps } as const,
  ];
  return {
    version: 1,
    config,
    totalSteps,
    warmupSteps,
    layers,
    stages,
    unfrozen: schedule,
    phases: phasesOf(layers, stages, totalSteps),
  };
}

/**
 * Plans a linear probe: a rate for all, a cosine to 0 after the warm-up.
 *
 * @param config The probe.
 * @param samples Training samples; of an epoch those that fill no batch are dropped.
 * @returns The plan in steps, or every fault of the configuration.
 */
export function probePlan(
  config: ProbeConfig,
  samples: number,
): Result<Faults, ProbePlan> {
  const checked = decodeProbeConfig(samples)(config);
  return checked._tag === "Left"
    ? checked
    : right(planFrom(config, Math.floor(samples / config.batchSize)));
}
