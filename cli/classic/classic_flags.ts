/**
 * Flags of training a convolutional network under FreezeOut.
 *
 * @module
 */
import {
  type ConvNetConfig,
  FREEZEOUT_ADAMW,
  FREEZEOUT_RECIPE,
} from "../../core/mod.ts";
import type { ImageSource } from "../../data/mod.ts";
import { withValues } from "../flags/configuration.ts";
import { DEVICE_FLAGS } from "../command/device_flags.ts";
import {
  choiceFlag,
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  switchFlag,
  textFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";
import {
  DECAY_FLAGS,
  FREEZE_FLAGS,
  LENGTH_FLAGS,
  RATE_MODE_FLAG,
  rateMode,
} from "../flags/method_flags.ts";
import { dataFlag } from "../images/image_flags.ts";

const { rate, optimizer, training } = FREEZEOUT_RECIPE;

/** The recipe of FreezeOut for a network that trains in minutes on two cores. */
export const SMALL_CLASSIC = {
  ...FREEZEOUT_RECIPE,
  model: { family: "wideResNet", depth: 16, width: 1 },
  training: { ...training, epochs: 20 },
} as const;

const { epochs, seed } = LENGTH_FLAGS;

/** The flags. */
export const CLASSIC_FLAGS = {
  ...under("Images", {
    "data": dataFlag(
      "labelled images: CIFAR's binary files, Fashion-MNIST's, or one folder by class",
    ),
    "limit": wholeFlag(1, "learn from so many of the images", {
      initial: "all",
    }),
    "validate-test": switchFlag(
      "judge by the test images, not by a tenth of those to learn from",
    ),
    "image-size": wholeFlag(8, "side of the images, pixels", {
      at: "model.imageSize",
      initial: "28 for grey images, 32 for colour",
    }),
  }),
  ...under("Model", {
    "family": choiceFlag(
      { "wide-resnet": "wideResNet", "resnet": "resNet" } as const,
      "kind of residual network",
      { at: "model.family" },
    ),
    "depth": wholeFlag(
      8,
      "layers with weights: 6n + 4 of a wide-resnet, 6n + 2 of a resnet",
      { at: "model.depth" },
    ),
    "width": wholeFlag(1, "factor on the channels 16, 32 and 64", {
      at: "model.width",
    }),
  }),
  ...under("Schedule", {
    "epochs": epochs,
    "batch-size": wholeFlag(2, "images of a step", {
      at: "training.batchSize",
    }),
    "seed": seed,
  }),
  ...FREEZE_FLAGS,
  ...under("Optimization", {
    "optimizer": choiceFlag(
      ["sgd", "adamw"],
      "SGD with Nesterov's momentum, or AdamW",
      { initial: "sgd" },
    ),
    "lr": numberFlag(FROM_ZERO, "learning rate before scaling", {
      at: "rate.baseRate",
      initial: `${rate.baseRate}, of adamw ${FREEZEOUT_ADAMW.baseRate}`,
    }),
    "lr-mode": RATE_MODE_FLAG,
    "weight-decay": numberFlag(FROM_ZERO, "weight decay of all parameters", {
      at: "optimizer.weightDecay",
      initial:
        `${optimizer.weightDecay}, of adamw ${FREEZEOUT_ADAMW.optimizer.weightDecay}`,
    }),
    "clip-grad": DECAY_FLAGS["clip-grad"],
  }),
  ...under("Run and checkpoints", {
    "output": textFlag(
      "DIR",
      "keep network and record there after every epoch",
    ),
    "resume": textFlag("DIR", "go on from there; the other flags as before"),
  }),
  ...DEVICE_FLAGS,
} as const;

/** Values of these flags. */
export type ClassicValues = FlagValues<typeof CLASSIC_FLAGS>;

/**
 * The training that flags ask for.
 *
 * @param values Flags as they were given.
 * @param source Images to learn from.
 */
export function classicConfig(
  values: ClassicValues,
  { normalization, classNames }: ImageSource,
): ConvNetConfig {
  const inChannels = normalization.mean.length === 1 ? 1 : 3;
  const rule = values.optimizer === "adamw"
    ? FREEZEOUT_ADAMW
    : { baseRate: rate.baseRate, optimizer };
  const base: ConvNetConfig = {
    ...SMALL_CLASSIC,
    model: {
      ...SMALL_CLASSIC.model,
      imageSize: inChannels === 1 ? 28 : 32,
      inChannels,
      classes: classNames?.length ?? 0,
    },
    rate: {
      ...rate,
      baseRate: rule.baseRate,
      mode: rateMode(rate.mode, values["lr-mode"]),
    },
    optimizer: rule.optimizer,
  };
  return withValues(CLASSIC_FLAGS, values, base);
}
