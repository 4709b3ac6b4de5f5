/**
 * Flags of fine-tuning.
 *
 * @module
 */
import { left, type ModelSpec } from "../../core/mod.ts";
import {
  type RandAugment,
  randAugmentFrom,
  RANDOM_ERASING,
  showRandAugment,
} from "../../data/mod.ts";
import {
  type AugmentConfig,
  FINETUNE_RECIPE,
  type FinetuneConfig,
} from "../../train/mod.ts";
import { CLIP_FLAG, clippingAt } from "../flags/clip_flag.ts";
import {
  choiceFlag,
  type Flag,
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  type NumberRange,
  switchFlag,
  textFlag,
  wholeFlag,
  workersFlag,
} from "../flags/flags.ts";

const PROBABILITY: NumberRange = {
  wanted: "a number in [0, 1]",
  holds: (value) => value >= 0 && value <= 1,
  nearest: (value) => value < 0 ? 0 : 1,
};

const EMA_DECAY: NumberRange = {
  wanted: "a number between 0 and 1, such as 0.9999",
  holds: (value) => value > 0 && value < 1,
  nearest: () => null,
};

const CROP_PART: NumberRange = {
  wanted: "a number in (0, 1]",
  holds: (value) => value > 0 && value <= 1,
  nearest: (value) => value > 1 ? 1 : null,
};

/** RandAugment in timm's words. */
const AA_FLAG: Flag<RandAugment | null> = {
  metavar: "RULE",
  help: "RandAugment, in timm's words, or none",
  parse: (text) => {
    const rule = randAugmentFrom(text);
    return rule._tag === "Left" ? left(rule.left.wanted) : rule;
  },
};

/** Flags of the training. */
export const FINETUNE_FLAGS = {
  "epochs": wholeFlag(1, "times that every image is seen"),
  "warmup-epochs": numberFlag(FROM_ZERO, "epochs of warm-up among them"),
  "batch-size": wholeFlag(1, "images computed at once"),
  "accum-iter": wholeFlag(1, "batches for one optimizer step"),
  "lr": numberFlag(FROM_ZERO, "learning rate of the head, for the real batch"),
  "min-lr": numberFlag(FROM_ZERO, "rate at the end of the cosine"),
  "layer-decay": numberFlag(
    FROM_ZERO,
    "factor on the rate from a layer to the one before it",
  ),
  "weight-decay": numberFlag(FROM_ZERO, "decoupled weight decay"),
  "clip-grad": CLIP_FLAG,
  "drop-path": numberFlag(
    FROM_ZERO,
    "probability that a branch of the last block is dropped",
  ),
  "mixup": numberFlag(FROM_ZERO, "shape of mixup's distribution, 0 is off"),
  "cutmix": numberFlag(FROM_ZERO, "shape of CutMix's distribution, 0 is off"),
  "smoothing": numberFlag(FROM_ZERO, "part of a class that is spread over all"),
  "ema": numberFlag(
    EMA_DECAY,
    "judge running means of the weights too, of which so much stays in a step",
  ),
  "aa": AA_FLAG,
  "reprob": numberFlag(
    PROBABILITY,
    "part of the images in which a rectangle becomes noise",
  ),
  "crop-scale": numberFlag(
    CROP_PART,
    "least part of an image's area that is cropped",
  ),
  "workers": workersFlag("threads beside the main one that make images ready"),
  "t0": numberFlag(
    FROM_ZERO,
    "moment of the first freeze before scaling, 1 never freezes",
  ),
  "how-scale": choiceFlag(
    ["linear", "squared", "cubic"],
    "how freeze times are bent",
  ),
  "seed": wholeFlag(0, "seed of all randomness"),
  "output-dir": textFlag("DIR", "folder of the training"),
  "output": textFlag(
    "FILE",
    "write the classifier there after every epoch, not into a folder of its own",
  ),
  "resume": textFlag("PATH", "go on from such a folder or file"),
  "untrained": switchFlag(
    "fine-tune an untrained encoder of the same sizes, too; it costs as much again",
  ),
} as const;

/** Values of these flags. */
export type FinetuneValues = FlagValues<typeof FINETUNE_FLAGS>;

const { freeze, rate, optimizer, dropPath, augment, mixing, training } =
  FINETUNE_RECIPE;

/** What they are when they are not given. */
export const FINETUNE_DEFAULTS: Readonly<Record<string, string>> = {
  "epochs": String(training.epochs),
  "warmup-epochs": String(training.warmupEpochs),
  "batch-size": String(training.batchSize),
  "accum-iter": String(training.accumIter),
  "lr": String(rate.baseRate),
  "min-lr": String(rate.endRate),
  "layer-decay": String(rate.layerDecay),
  "weight-decay": String(optimizer.weightDecay),
  "clip-grad": "0",
  "drop-path": String(dropPath),
  "mixup": String(mixing.mixupAlpha),
  "cutmix": String(mixing.cutmixAlpha),
  "smoothing": String(mixing.labelSmoothing),
  "ema": "no means are kept",
  "aa": showRandAugment(augment.randAugment),
  "reprob": String(augment.erasing?.probability ?? 0),
  "crop-scale": String(augment.cropScale[0]),
  "workers": "0",
  "t0": String(freeze.t0),
  "how-scale": freeze.scale,
  "seed": String(training.seed),
  "output-dir": "runs/N, the first free N",
};

/** What is done to images; nothing is erased with probability 0. */
function augmentFrom(
  { aa, reprob, "crop-scale": least }: FinetuneValues,
): AugmentConfig {
  const probability = reprob ?? augment.erasing?.probability ?? 0;
  return {
    cropScale: [least ?? augment.cropScale[0], augment.cropScale[1]],
    randAugment: aa === undefined ? augment.randAugment : aa,
    erasing: probability === 0 ? null : { ...RANDOM_ERASING, probability },
  };
}

/**
 * The fine-tuning that flags ask for.
 *
 * @param model The encoder.
 * @param classes Classes.
 * @param values Flags as they were given.
 */
export function finetuneFrom(
  model: ModelSpec,
  classes: number,
  values: FinetuneValues,
): FinetuneConfig {
  return {
    ...FINETUNE_RECIPE,
    model,
    classes,
    freeze: {
      ...freeze,
      t0: values.t0 ?? freeze.t0,
      scale: values["how-scale"] ?? freeze.scale,
    },
    rate: {
      ...rate,
      baseRate: values.lr ?? rate.baseRate,
      endRate: values["min-lr"] ?? rate.endRate,
      layerDecay: values["layer-decay"] ?? rate.layerDecay,
    },
    optimizer: {
      ...optimizer,
      weightDecay: values["weight-decay"] ?? optimizer.weightDecay,
    },
    ...clippingAt(values["clip-grad"] ?? 0),
    dropPath: values["drop-path"] ?? dropPath,
    augment: augmentFrom(values),
    emaDecay: values.ema ?? FINETUNE_RECIPE.emaDecay,
    mixing: {
      ...mixing,
      mixupAlpha: values.mixup ?? mixing.mixupAlpha,
      cutmixAlpha: values.cutmix ?? mixing.cutmixAlpha,
      labelSmoothing: values.smoothing ?? mixing.labelSmoothing,
    },
    training: {
      epochs: values.epochs ?? training.epochs,
      warmupEpochs: values["warmup-epochs"] ?? training.warmupEpochs,
      batchSize: values["batch-size"] ?? training.batchSize,
      accumIter: values["accum-iter"] ?? training.accumIter,
      seed: values.seed ?? training.seed,
    },
  };
}
