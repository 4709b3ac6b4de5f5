/**
 * What determines a linear probe but the features.
 *
 * @module
 */
import {
  cosineRate,
  type Faults,
  type FreezePlan,
  type FreezeTime,
  type LarsConfig,
  type ProbeSpec,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  type Codec,
  decode,
  numberIn,
  oneOf,
  wholeFrom,
} from "../../core/codec.ts";
import { recordOf } from "../../core/codec_structures.ts";
import { decay, notNegative, positive } from "../../core/plan/config_codec.ts";

/** Everything that determines a linear probe but the features. */
export interface ProbeConfig extends ProbeSpec {
  /** Times that every sample is seen, at least 1. */
  readonly epochs: number;
  /** Epochs of warm-up, less than `epochs`; parts are allowed. */
  readonly warmupEpochs: number;
  /** Samples of a step, at least 2 and at most those that there are. */
  readonly batchSize: number;
  /** Learning rate for 256 samples, `≥ 0`; a step's rate is this times `batchSize / 256`. */
  readonly baseRate: number;
  /** How a step is made from gradients. */
  readonly optimizer: LarsConfig;
  /** Seed of first values and of the order of samples. */
  readonly seed: number;
}

/** What of a probe trains when and how fast: all of it, always. */
export type ProbePlan = FreezePlan<ProbeConfig>;

/**
 * MAE's recipe for ImageNet: 90 epochs, 10 of them warm-up, 16,384 samples a step,
 * LARS without weight decay, cosine to 0.
 *
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, 2021, table 10.
 */
export const PROBE_RECIPE: Omit<ProbeConfig, keyof ProbeSpec> = {
  epochs: 90,
  warmupEpochs: 10,
  batchSize: 16_384,
  baseRate: 0.1,
  optimizer: { _tag: "Lars", momentum: 0.9, weightDecay: 0, trust: 0.001 },
  seed: 0,
};

/** Accepts probes of so many samples; the range of the warm-up follows from the epochs. */
const configCodec = (samples: number, epochs: unknown): Codec<ProbeConfig> =>
  recordOf<ProbeConfig>({
    width: wholeFrom(1),
    classes: wholeFrom(2),
    epochs: wholeFrom(1),
    warmupEpochs: numberIn(
      `a number in [0, ${epochs})`,
      (x) => x >= 0 && x < Number(epochs),
    ),
    batchSize: numberIn(
      samples === Infinity
        ? "a whole number of at least 2"
        : `a whole number from 2 to ${samples}, the samples that there are`,
      (x) => Number.isSafeInteger(x) && x >= 2 && x <= samples,
    ),
    baseRate: notNegative,
    optimizer: recordOf<LarsConfig>({
      _tag: oneOf("Lars"),
      momentum: decay,
      weightDecay: notNegative,
      trust: positive,
    }),
    seed: wholeFrom(0),
  });

function decodeFor(
  samples: number,
  input: unknown,
): Result<Faults, ProbeConfig> {
  const { epochs } = (input ?? {}) as Partial<ProbeConfig>;
  return decode(configCodec(samples, epochs))(input);
}

/**
 * Reads a configuration of a probe from untrusted data. Nothing is completed or clipped.
 *
 * @param input Anything.
 * @returns The configuration, or every fault in it, each with its path.
 */
export function decodeProbeConfig(
  input: unknown,
): Result<Faults, ProbeConfig> {
  return decodeFor(Infinity, input);
}

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
    phases: [{
      index: 0,
      from: 0,
      to: totalSteps,
      frozenLayers: 0,
      trainableLayers: [0],
      liveStages: [0],
    }],
  };
}

/**
 * Plans a linear probe: a rate for all, a cosine to 0 after the warm-up.
 *
 * @param config The probe.
 * @param samples Samples to learn from; of an epoch those that fill no batch are left out.
 * @returns The plan in steps, or every fault of the configuration.
 */
export function probePlan(
  config: ProbeConfig,
  samples: number,
): Result<Faults, ProbePlan> {
  const checked = decodeFor(samples, config);
  return checked._tag === "Left"
    ? checked
    : right(planFrom(config, Math.floor(samples / config.batchSize)));
}
