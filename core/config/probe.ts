/** Everything that determines a linear probe but the features. */
import {
  type Codec,
  decode,
  NOT_NEGATIVE,
  numberIn,
  wholeFrom,
} from "../codec/codec.ts";
import { recordOf } from "../codec/structures.ts";
import type { ProbeSpec } from "../models/probe.ts";
import { larsCodec, type LarsConfig } from "../optim/lars.ts";
import type { Faults, Result } from "../result.ts";
import type { TrainingConfig } from "./parts.ts";

/** Everything that determines a linear probe but the features. */
export interface ProbeConfig
  extends ProbeSpec, Pick<TrainingConfig, "epochs" | "warmupEpochs" | "seed"> {
  /** Samples of a step, at least 2 and at most those that there are. */
  readonly batchSize: number;
  /** Learning rate for 256 samples, `≥ 0`; a step's rate is this times `batchSize / 256`. */
  readonly baseRate: number;
  /** Rule of the optimizer. */
  readonly optimizer: LarsConfig;
}

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

/** Accepts probes of so many epochs and samples. */
const probeCodec = (epochs: number, samples: number): Codec<ProbeConfig> =>
  recordOf<ProbeConfig>({
    width: wholeFrom(1),
    classes: wholeFrom(2),
    epochs: wholeFrom(1),
    warmupEpochs: numberIn(
      `a number in [0, ${epochs})`,
      (warmup) => warmup >= 0 && warmup < epochs,
    ),
    batchSize: numberIn(
      `a whole number from 2 to ${samples}, the samples that there are`,
      (size) => Number.isSafeInteger(size) && size >= 2 && size <= samples,
    ),
    baseRate: NOT_NEGATIVE,
    optimizer: larsCodec,
    seed: wholeFrom(0),
  });

/** The epochs of unchecked input, so that all faults can be named at once. */
const epochsIn = (input: unknown): number =>
  typeof input === "object" && input !== null && "epochs" in input &&
    typeof input.epochs === "number"
    ? input.epochs
    : Infinity;

/**
 * Reads a configuration from untrusted data. Nothing is completed or clipped.
 *
 * @param samples Training samples.
 * @returns A function from unknown input to the configuration, or every fault in it.
 */
export function decodeProbeConfig(
  samples: number,
): (input: unknown) => Result<Faults, ProbeConfig> {
  return (input) => decode(probeCodec(epochsIn(input), samples))(input);
}
