/** Flags of training a convolutional network under FreezeOut. */
import {
  type ConvNetConfig,
  decodeConvNetConfig,
  type Faults,
  FREEZEOUT_ADAMW,
  FREEZEOUT_RECIPE,
  type Result,
} from "../../core/mod.ts";
import type { ImageSource } from "../../data/mod.ts";
import { withValues } from "../flags/configuration.ts";
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
  LENGTH_FLAGS,
  RATE_MODE_FLAG,
  rateMode,
} from "../flags/method_flags.ts";
import { FREEZE_FLAGS, withFreezeTimes } from "../flags/schedule_flags.ts";
import { backgroundFlag, dataFlag } from "../images/image_flags.ts";
import { NETWORK_FLAGS, networkFrom, SMALL_NETWORKS } from "./network_flags.ts";
import { RUN_FLAGS } from "../runs/run_flags.ts";
import { type Settings, settingsFrom } from "../runs/settings.ts";

const { rate, optimizer, training } = FREEZEOUT_RECIPE;

/** The recipe of FreezeOut for a network that trains in minutes on two cores. */
export const SMALL_CLASSIC = {
  ...FREEZEOUT_RECIPE,
  model: SMALL_NETWORKS.wideResNet,
  training: { ...training, epochs: 20 },
} as const;

const { epochs, seed } = LENGTH_FLAGS;

/** The flags. */
export const CLASSIC_FLAGS = {
  ...under("Images", {
    "data": dataFlag(
      "labelled images: CIFAR's binary files, Fashion-MNIST's, or one folder by class",
    ),
    "background": backgroundFlag("mean"),
    "limit": wholeFlag(1, "learn from so many of the images", {
      initial: "all",
    }),
    "validate-test": switchFlag(
      "evaluate on the test images, not on a tenth of the training images",
    ),
    "image-size": wholeFlag(8, "side of the images, pixels", {
      at: "model.imageSize",
      initial: "28 for grey images, 32 for colour and for a vgg",
    }),
  }),
  ...NETWORK_FLAGS,
  ...under("Schedule", {
    "epochs": epochs,
    "batch-size": wholeFlag(2, "images of a step", {
      at: "training.batchSize",
    }),
    "seed": seed,
  }),
  ...FREEZE_FLAGS,
  ...under("Several processes", {
    "batch-norm": choiceFlag(
      { "all": "common", "own": "own" } as const,
      "statistics by which processes normalise that share a batch: of all its images, or each of its own",
      { initial: "all" },
    ),
  }),
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
  ...RUN_FLAGS,
  ...under("Run and checkpoints", {
    "output": textFlag("DIR", "the same as --output-dir"),
  }),
} as const;

/** Values of these flags. */
export type ClassicValues = FlagValues<typeof CLASSIC_FLAGS>;

/** Sizes that the images give where no flag does. */
const OF_IMAGES = { imageSize: 32, inChannels: 3, classes: 2 } as const;

/** Defaults of the flags. */
const BASE: ConvNetConfig = {
  ...SMALL_CLASSIC,
  model: { ...SMALL_CLASSIC.model, ...OF_IMAGES },
};

/** The configuration changed by flags. */
function changed(
  base: ConvNetConfig,
  values: ClassicValues,
): Result<Faults, ConvNetConfig> {
  const { optimizer: rule, "lr-mode": mode } = values;
  const { baseRate, optimizer } = rule === "adamw"
    ? FREEZEOUT_ADAMW
    : rule === "sgd"
    ? { baseRate: FREEZEOUT_RECIPE.rate.baseRate, ...FREEZEOUT_RECIPE }
    : { baseRate: base.rate.baseRate, optimizer: base.optimizer };
  const rate = { ...base.rate, baseRate, mode: rateMode(base.rate.mode, mode) };
  const model = networkFrom(base, values);
  if (model._tag === "Left") return model;
  const ruled = { ...base, rate, optimizer, model: model.right };
  const config = withValues(CLASSIC_FLAGS, values, ruled);
  return decodeConvNetConfig(withFreezeTimes(config, values));
}

/** Settings of a network's training that do not depend on the images. */
export const classicSettings = (
  { output, ...values }: ClassicValues,
): Promise<Settings<ConvNetConfig>> =>
  settingsFrom<ConvNetConfig, ClassicValues>(
    {
      task: "convnet",
      files: ["network.safetensors"],
      decode: decodeConvNetConfig,
      base: () => BASE,
      changed,
    },
    output === undefined ? values : { "output-dir": output, ...values },
  );

/**
 * The configuration for the images that were found: their classes, and where no flag
 * says it the size and channels of a new training.
 */
export function fittedTo(
  { normalization, classNames }: ImageSource,
  { config, earlier }: Settings<ConvNetConfig>,
  values: Pick<ClassicValues, "image-size" | "config">,
): ConvNetConfig {
  const classes = classNames?.length ?? 0;
  const { model } = config;
  if (earlier !== null || values.config !== undefined) {
    return { ...config, model: { ...model, classes } };
  }
  const inChannels = normalization.mean.length === 1 ? 1 : 3;
  const isHalvedFiveTimes = model.family === "vgg";
  const imageSize = values["image-size"] ??
    (inChannels === 1 && !isHalvedFiveTimes ? 28 : 32);
  return { ...config, model: { ...model, imageSize, inChannels, classes } };
}
