/**
 * Flags of linear probing.
 *
 * @module
 */
import {
  PROBE_RECIPE,
  type ProbeConfig,
  SWEPT_RATES,
} from "../../train/mod.ts";
import {
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  switchFlag,
  textFlag,
  wholeFlag,
} from "../flags/flags.ts";

/** Flags of the probe. */
export const PROBE_FLAGS = {
  "augment": switchFlag(
    "learn from random crops, other ones in every epoch; the encoder then runs in every epoch",
  ),
  "epochs": wholeFlag(1, "times that every image is seen"),
  "warmup-epochs": numberFlag(FROM_ZERO, "epochs of warm-up among them"),
  "batch-size": wholeFlag(2, "images of a step"),
  "blr": numberFlag(
    FROM_ZERO,
    "base rate: learning rate for 256 images, in place of the best of some",
  ),
  "weight-decay": numberFlag(FROM_ZERO, "weight decay"),
  "seed": wholeFlag(0, "seed of first values, order and crops"),
  "output": textFlag("FILE", "write the classifier there after every epoch"),
  "resume": textFlag("FILE", "go on from such a file"),
} as const;

/** Values of these flags. */
export type ProbeValues = FlagValues<typeof PROBE_FLAGS>;

const { epochs, warmupEpochs, batchSize, baseRate, optimizer, seed } =
  PROBE_RECIPE;

/** What they are when they are not given. */
export const PROBE_DEFAULTS: Readonly<Record<string, string>> = {
  "epochs": String(epochs),
  "warmup-epochs": String(warmupEpochs),
  "batch-size": `${batchSize}, at most all images`,
  "blr": `the best of ${
    SWEPT_RATES.join(", ")
  } on a fifth of the images to learn from; the recipe of ImageNet has ${baseRate}`,
  "weight-decay": String(optimizer.weightDecay),
  "seed": String(seed),
};

/**
 * The probe that flags ask for.
 *
 * @param width Width of a feature.
 * @param classes Classes.
 * @param images Images to learn from.
 * @param values Flags as they were given.
 */
export function probeFrom(
  width: number,
  classes: number,
  images: number,
  values: ProbeValues,
): ProbeConfig {
  const { "weight-decay": weightDecay = optimizer.weightDecay } = values;
  return {
    width,
    classes,
    epochs: values.epochs ?? epochs,
    warmupEpochs: values["warmup-epochs"] ?? warmupEpochs,
    batchSize: values["batch-size"] ?? Math.min(batchSize, images),
    baseRate: values.blr ?? baseRate,
    optimizer: { ...optimizer, weightDecay },
    seed: values.seed ?? seed,
  };
}
