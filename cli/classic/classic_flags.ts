/**
 * Flags of training a convolutional network under FreezeOut.
 *
 * @module
 */
import { BACKEND_CHOICES, type SelectOptions } from "../../backends/mod.ts";
import {
  type ConvNetConfig,
  FREEZEOUT_ADAMW,
  FREEZEOUT_RECIPE,
  type OptimizerConfig,
  type RateMode,
} from "../../core/mod.ts";
import type { ImageSource } from "../../data/mod.ts";
import { CLIP_FLAG, clippingAt } from "../flags/clip_flag.ts";
import {
  choiceFlag,
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  switchFlag,
  textFlag,
  wholeFlag,
} from "../flags/flags.ts";

/** The flags. */
export const CLASSIC_FLAGS = {
  "data": textFlag(
    "DIR",
    "labelled images: CIFAR's binary files, Fashion-MNIST's, or one folder by class",
  ),
  "limit": wholeFlag(1, "learn from so many of the images"),
  "validate-test": switchFlag(
    "judge by the test images, not by a tenth of those to learn from",
  ),
  "image-size": wholeFlag(8, "side of the images, pixels"),
  "family": choiceFlag(["wide-resnet", "resnet"], "kind of residual network"),
  "depth": wholeFlag(
    8,
    "layers with weights: 6n + 4 of a wide-resnet, 6n + 2 of a resnet",
  ),
  "width": wholeFlag(1, "factor on the channels 16, 32 and 64"),
  "optimizer": choiceFlag(
    ["sgd", "adamw"],
    "SGD with Nesterov's momentum, or AdamW",
  ),
  "lr": numberFlag(FROM_ZERO, "learning rate before scaling"),
  "weight-decay": numberFlag(FROM_ZERO, "weight decay of all parameters"),
  "clip-grad": CLIP_FLAG,
  "t0": numberFlag(
    FROM_ZERO,
    "moment of the first freeze before how-scale, 1 never freezes",
  ),
  "how-scale": choiceFlag(
    ["linear", "squared", "cubic"],
    "how freeze times are bent",
  ),
  "lr-mode": choiceFlag(
    ["scaled", "unscaled", "uniform"],
    "rates by layer from lr/t_i, by layer from lr, or one for all",
  ),
  "epochs": wholeFlag(1, "times that every image is seen"),
  "batch-size": wholeFlag(2, "images of a step"),
  "seed": wholeFlag(0, "seed of all randomness"),
  "backend": choiceFlag(BACKEND_CHOICES, "where to compute"),
  "threads": wholeFlag(1, "threads of the onnx backend"),
  "output": textFlag("DIR", "keep network and record there after every epoch"),
  "resume": textFlag("DIR", "go on from there; the other flags as before"),
} as const;

/** Values of these flags. */
export type ClassicValues = FlagValues<typeof CLASSIC_FLAGS>;

const { freeze, optimizer, rate, training } = FREEZEOUT_RECIPE;

/** A network that trains in minutes on two cores. */
const SMALL = { depth: 16, width: 1, epochs: 20 } as const;

const DECAYS = [FREEZEOUT_ADAMW.optimizer, optimizer].map((rule) =>
  rule.weightDecay
);

/** What the flags are when they are not given. */
export const CLASSIC_DEFAULTS: Readonly<Record<string, string>> = {
  "data": "the embedded Fashion-MNIST test images",
  "limit": "all",
  "image-size": "28 for grey images, 32 for colour",
  "family": "wide-resnet",
  "depth": String(SMALL.depth),
  "width": String(SMALL.width),
  "optimizer": "sgd",
  "lr": `${rate.baseRate}, of adamw ${FREEZEOUT_ADAMW.baseRate}`,
  "weight-decay": `${DECAYS[1]}, of adamw ${DECAYS[0]}`,
  "clip-grad": "0",
  "t0": String(freeze.t0),
  "how-scale": freeze.scale,
  "lr-mode": "scaled",
  "epochs": String(SMALL.epochs),
  "batch-size": String(training.batchSize),
  "seed": String(training.seed),
  "backend": "auto",
};

function modeOf(word: ClassicValues["lr-mode"]): RateMode {
  switch (word) {
    case "uniform":
      return { _tag: "Uniform" };
    case "unscaled":
      return { _tag: "LayerWise", power: 0 };
    default:
      return { _tag: "LayerWise", power: 1 };
  }
}

/** The optimizer and its rate. */
function ruleOf(
  values: ClassicValues,
): { readonly baseRate: number; readonly optimizer: OptimizerConfig } {
  const rule = values.optimizer === "adamw"
    ? FREEZEOUT_ADAMW
    : { baseRate: rate.baseRate, optimizer };
  const weightDecay = values["weight-decay"] ?? rule.optimizer.weightDecay;
  return {
    baseRate: values.lr ?? rule.baseRate,
    optimizer: { ...rule.optimizer, weightDecay },
  };
}

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
  const isGrey = normalization.mean.length === 1;
  const { baseRate, optimizer } = ruleOf(values);
  return {
    version: 1,
    model: {
      family: values.family === "resnet" ? "resNet" : "wideResNet",
      depth: values.depth ?? SMALL.depth,
      width: values.width ?? SMALL.width,
      imageSize: values["image-size"] ?? (isGrey ? 28 : 32),
      inChannels: isGrey ? 1 : 3,
      classes: classNames?.length ?? 0,
    },
    freeze: {
      t0: values.t0 ?? freeze.t0,
      scale: values["how-scale"] ?? freeze.scale,
    },
    rate: { ...rate, baseRate, mode: modeOf(values["lr-mode"]) },
    optimizer,
    ...clippingAt(values["clip-grad"] ?? 0),
    training: {
      ...training,
      epochs: values.epochs ?? SMALL.epochs,
      batchSize: values["batch-size"] ?? training.batchSize,
      seed: values.seed ?? training.seed,
    },
  };
}

/** Threads, where they were asked for. */
export function classicThreads({ threads }: ClassicValues): SelectOptions {
  return threads === undefined ? {} : { threads };
}
