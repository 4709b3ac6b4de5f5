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
import { withValues } from "../flags/configuration.ts";
import {
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  switchFlag,
  textFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";

/** Flags of the probe. */
export const PROBE_FLAGS = {
  ...under("Images", {
    "augment": switchFlag(
      "learn from random crops, other ones in every epoch; the encoder then runs in every epoch",
    ),
  }),
  ...under("Schedule", {
    "epochs": wholeFlag(1, "times that every image is seen", { at: "epochs" }),
    "warmup-epochs": numberFlag(FROM_ZERO, "epochs of warm-up among them", {
      at: "warmupEpochs",
    }),
    "batch-size": wholeFlag(2, "images of a step", {
      at: "batchSize",
      initial: `${PROBE_RECIPE.batchSize}, at most all images`,
    }),
    "seed": wholeFlag(0, "seed of first values, order and crops", {
      at: "seed",
    }),
  }),
  ...under("Optimization", {
    "blr": numberFlag(
      FROM_ZERO,
      "base rate: learning rate for 256 images, in place of the best of some",
      {
        at: "baseRate",
        initial: `the best of ${
          SWEPT_RATES.join(", ")
        } on a fifth of the images to learn from; the recipe of ImageNet has ${PROBE_RECIPE.baseRate}`,
      },
    ),
    "weight-decay": numberFlag(FROM_ZERO, "weight decay", {
      at: "optimizer.weightDecay",
    }),
  }),
  ...under("Run and checkpoints", {
    "output": textFlag("FILE", "write the classifier there after every epoch"),
    "resume": textFlag("FILE", "go on from such a file"),
  }),
} as const;

/** Values of these flags. */
export type ProbeValues = FlagValues<typeof PROBE_FLAGS>;

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
  const batchSize = Math.min(PROBE_RECIPE.batchSize, images);
  const base = { ...PROBE_RECIPE, width, classes, batchSize };
  return withValues(PROBE_FLAGS, values, base);
}
