/**
 * Flags for everything that determines a pre-training run, spelled like the
 * reference's.
 *
 * @module
 */
import {
  MODEL_PRESETS,
  type ModelName,
  type PretrainConfig,
} from "../../core/mod.ts";
import { CLIP_FLAG } from "./clip_flag.ts";
import {
  choiceFlag,
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  type NumberRange,
  switchFlag,
  wholeFlag,
} from "./flags.ts";

const PART_OF_TRAINING: NumberRange = {
  wanted: "a number in (0, 1]",
  holds: (value) => value > 0 && value <= 1,
  nearest: (value) => value > 1 ? 1 : null,
};

const MASK_RATIO: NumberRange = {
  wanted: "a number in (0, 1)",
  holds: (value) => value > 0 && value < 1,
  nearest: () => null,
};

/** Flags of model, freezing, rates and training. */
export const METHOD_FLAGS = {
  "model": choiceFlag(
    Object.keys(MODEL_PRESETS) as ModelName[],
    "sizes of the Vision Transformer",
  ),
  "image-size": wholeFlag(1, "side of the square images, pixels"),
  "patch-size": wholeFlag(1, "side of a patch, pixels"),
  "heads": wholeFlag(1, "attention heads of the encoder"),
  "mask-ratio": numberFlag(MASK_RATIO, "part of the patches that is hidden"),
  "hog-nbins": wholeFlag(1, "orientation bins of the HOG target"),
  "all-stages": switchFlag("reconstruct from every block, not from four"),
  "epochs": wholeFlag(1, "times that every image is seen"),
  "warmup-epochs": numberFlag(FROM_ZERO, "epochs of warm-up among them"),
  "batch-size": wholeFlag(1, "images computed at once"),
  "accum-iter": wholeFlag(1, "batches for one optimizer step"),
  "blr": numberFlag(FROM_ZERO, "base rate: learning rate for 256 images"),
  "lr": numberFlag(FROM_ZERO, "learning rate for the real batch, not blr"),
  "min-lr": numberFlag(FROM_ZERO, "rate at the end of the common cosine"),
  "weight-decay": numberFlag(FROM_ZERO, "decoupled weight decay"),
  "clip-grad": CLIP_FLAG,
  "t0": numberFlag(
    PART_OF_TRAINING,
    "moment of the first freeze before scaling, 1 never freezes",
  ),
  "how-scale": choiceFlag(
    ["linear", "squared", "cubic"],
    "how freeze times are bent",
  ),
  "lr-mode": choiceFlag(
    ["scaled", "unscaled", "uniform"],
    "rates by layer from lr/t_i, by layer from lr, or one for all",
  ),
  "lr-lr": numberFlag(FROM_ZERO, "power p of the rates lr/t_i^p (LR-LR)"),
  "sr-lr": numberFlag(
    FROM_ZERO,
    "power p of the stage factors (1/(S-s+1))^p (SR-LR), 0 is off",
  ),
  "warmup-mode": choiceFlag(
    ["figure", "code"],
    "ramp to each layer's rate and freeze by the whole run, or as the reference's code",
  ),
  "class-token": choiceFlag(
    ["with-layer-0", "never-frozen"],
    "when the class token freezes",
  ),
  "dont-freeze-pe": switchFlag("never freeze the patch embedding"),
  "frozen-precision": choiceFlag(
    ["float32", "int8"],
    "how frozen blocks compute their products; int8 is faster and rougher, on onnx",
  ),
  "seed": wholeFlag(0, "seed of all randomness"),
} as const;

/** Values of the method's flags. */
export type MethodValues = FlagValues<typeof METHOD_FLAGS>;

/** Samples of one optimizer step. */
export const effectiveBatch = ({ training }: PretrainConfig): number =>
  training.batchSize * training.accumIter;

/** Rate for 256 samples that gives a configuration's rate for its batch. */
export const rateFor256 = (config: PretrainConfig): number =>
  config.rate.baseRate * 256 / effectiveBatch(config);

const modeWords = ({ mode }: PretrainConfig["rate"]): Record<string, string> =>
  mode._tag === "Uniform"
    ? { "lr-mode": "uniform" }
    : { "lr-mode": "scaled", "lr-lr": String(mode.power) };

/**
 * What the flags are when they are not given.
 *
 * @param base The configuration that holds then.
 * @param model Its model's name, if it is a preset.
 */
export function methodDefaults(
  base: PretrainConfig,
  model: ModelName,
): Readonly<Record<string, string>> {
  const { freeze, rate, training, optimizer } = base;
  return {
    "model": model,
    "image-size": String(base.model.imageSize),
    "patch-size": String(base.model.patchSize),
    "heads": String(base.model.numHeads),
    "mask-ratio": String(base.model.maskRatio),
    "hog-nbins": String(base.model.hogNbins),
    "epochs": String(training.epochs),
    "warmup-epochs": String(training.warmupEpochs),
    "batch-size": String(training.batchSize),
    "accum-iter": String(training.accumIter),
    "blr": String(Number(rateFor256(base).toPrecision(6))),
    "min-lr": String(rate.endRate),
    "weight-decay": String(optimizer.weightDecay),
    "clip-grad": String(base.clipGrad ?? 0),
    "t0": String(freeze.t0),
    "how-scale": freeze.scale,
    ...modeWords(rate),
    "sr-lr": String(rate.stagePower),
    "warmup-mode": rate.warmup,
    "class-token": freeze.classToken === "withLayer0"
      ? "with-layer-0"
      : "never-frozen",
    "frozen-precision": base.frozenPrecision ?? "float32",
    "seed": String(training.seed),
  };
}
