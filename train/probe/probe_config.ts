/**
 * What determines a linear probe but the features.
 *
 * @module
 */
import {
  cosineRate,
  type Fault,
  type Faults,
  initialValues,
  type LarsConfig,
  left,
  PROBE_NAMES,
  probeShapes,
  type ProbeSpec,
  rateAt,
  type Result,
  right,
  rootKey,
  sizeOf,
  split,
} from "../../core/mod.ts";
import type { TensorSnapshot } from "../stepped_training.ts";

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

const fault = (
  holds: boolean,
  path: keyof ProbeConfig,
  found: number,
  wanted: string,
): readonly Fault[] =>
  holds ? [] : [{ _tag: "OutOfRange", path, found, wanted }];

const isWhole = (value: number, least: number): boolean =>
  Number.isSafeInteger(value) && value >= least;

/**
 * Checks a linear probe.
 *
 * @param config The probe.
 * @param samples Samples to learn from.
 * @returns Its length in steps, or every fault; of an epoch the samples that fill no batch are left out.
 */
export function probeLength(
  config: ProbeConfig,
  samples: number,
): Result<
  Faults,
  { readonly totalSteps: number; readonly stepsPerEpoch: number }
> {
  const { width, classes, epochs, warmupEpochs, batchSize, baseRate } = config;
  const [first, ...others] = [
    ...fault(isWhole(width, 1), "width", width, "a whole number of at least 1"),
    ...fault(
      isWhole(classes, 2),
      "classes",
      classes,
      "a whole number of at least 2",
    ),
    ...fault(
      isWhole(epochs, 1),
      "epochs",
      epochs,
      "a whole number of at least 1",
    ),
    ...fault(
      warmupEpochs >= 0 && warmupEpochs < epochs,
      "warmupEpochs",
      warmupEpochs,
      `a number in [0, ${epochs})`,
    ),
    ...fault(
      isWhole(batchSize, 2) && batchSize <= samples,
      "batchSize",
      batchSize,
      `a whole number from 2 to ${samples}, the samples that there are`,
    ),
    ...fault(
      baseRate >= 0 && baseRate < Infinity,
      "baseRate",
      baseRate,
      "a number of at least 0",
    ),
  ];
  if (first !== undefined) return left([first, ...others]);
  const stepsPerEpoch = Math.floor(samples / batchSize);
  return right({ stepsPerEpoch, totalSteps: epochs * stepsPerEpoch });
}

/**
 * The learning rate of each step: a cosine to 0 after the warm-up.
 *
 * @param config The probe.
 * @param stepsPerEpoch Steps of an epoch, `probeLength`.
 */
export function probeRate(
  { baseRate, batchSize, warmupEpochs, epochs }: ProbeConfig,
  stepsPerEpoch: number,
): (step: number) => number {
  return rateAt(cosineRate({
    peakRate: baseRate * batchSize / 256,
    endRate: 0,
    warmupSteps: warmupEpochs * stepsPerEpoch,
    totalSteps: epochs * stepsPerEpoch,
  }));
}

/**
 * The moment before the first step: weights from `Normal(0, 0.01)`, biases and means
 * 0, variances 1.
 *
 * @param config The probe; its seed gives the weights.
 */
export function initialProbe(config: ProbeConfig): TensorSnapshot {
  const key = split(rootKey(config.seed), "probe");
  const { weight, variance } = PROBE_NAMES;
  const tensors = new Map<string, Float32Array>(
    Object.entries(probeShapes(config)).map(([name, shape]) => [
      name,
      new Float32Array(sizeOf(shape)).fill(name === variance ? 1 : 0),
    ]),
  );
  const shape = [config.classes, config.width];
  const init = { _tag: "Normal", deviation: 0.01 } as const;
  tensors.set(weight, initialValues({ shape, init }, key));
  return { step: 0, tensors };
}
