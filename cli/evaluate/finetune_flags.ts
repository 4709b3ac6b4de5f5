/** Flags of fine-tuning. */
import {
  type AugmentConfig,
  decodeFinetuneConfig,
  FINETUNE_RECIPE,
  type FinetuneConfig,
  left,
  type RandAugment,
  RANDOM_ERASING,
} from "../../core/mod.ts";
import { randAugmentFrom, showRandAugment } from "../../data/mod.ts";
import type { OpenedEncoder } from "../../train/mod.ts";
import { withValues } from "../flags/configuration.ts";
import {
  type Flag,
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  type NumberRange,
  PART,
  strictlyBetween,
  switchFlag,
  textFlag,
  under,
} from "../flags/flags.ts";
import { DECAY_FLAGS, LENGTH_FLAGS } from "../flags/method_flags.ts";
import { FREEZE_FLAGS, withFreezeTimes } from "../flags/schedule_flags.ts";
import { RUN_FLAGS } from "../runs/run_flags.ts";
import { type Settings, settingsFrom } from "../runs/settings.ts";
import { beganWith } from "./evaluated_encoder.ts";
import { EVALUATION_FLAGS } from "./open_evaluation.ts";

const PROBABILITY: NumberRange = {
  wanted: "a number in [0, 1]",
  holds: (value) => value >= 0 && value <= 1,
  nearest: (value) => value < 0 ? 0 : 1,
};

/** RandAugment in timm's words. */
const AA_FLAG: Flag<RandAugment | null> = {
  at: "augment.randAugment",
  metavar: "RULE",
  help: "RandAugment, in timm's words, or none",
  parse: (text) => {
    const rule = randAugmentFrom(text);
    return rule._tag === "Left" ? left(rule.left.wanted) : rule;
  },
  show: showRandAugment,
};

/** Flags of the configuration. */
const METHOD = {
  ...LENGTH_FLAGS,
  ...FREEZE_FLAGS,
  ...under("Optimization", {
    "lr": numberFlag(
      FROM_ZERO,
      "learning rate of the head, for the real batch",
      { at: "rate.baseRate" },
    ),
    "min-lr": numberFlag(FROM_ZERO, "rate at the end of the cosine", {
      at: "rate.endRate",
    }),
    "layer-decay": numberFlag(
      FROM_ZERO,
      "factor on the rate from a layer to the one before it",
      { at: "rate.layerDecay" },
    ),
  }),
  ...DECAY_FLAGS,
  ...under("Regularization", {
    "drop-path": numberFlag(
      FROM_ZERO,
      "probability that a branch of the last block is dropped",
      { at: "dropPath" },
    ),
    "mixup": numberFlag(FROM_ZERO, "shape of mixup's distribution, 0 is off", {
      at: "mixing.mixupAlpha",
    }),
    "cutmix": numberFlag(
      FROM_ZERO,
      "shape of CutMix's distribution, 0 is off",
      { at: "mixing.cutmixAlpha" },
    ),
    "smoothing": numberFlag(
      FROM_ZERO,
      "part of a class that is spread over all",
      { at: "mixing.labelSmoothing" },
    ),
    "aa": AA_FLAG,
    "reprob": numberFlag(
      PROBABILITY,
      "part of the images in which a rectangle becomes noise",
      {
        at: "augment.erasing",
        read: ({ augment }: { readonly augment: AugmentConfig }) =>
          augment.erasing?.probability ?? 0,
        write: (probability) =>
          probability === 0 ? null : { ...RANDOM_ERASING, probability },
      },
    ),
    "crop-scale": numberFlag(
      PART,
      "least part of an image's area that is cropped",
      { at: "augment.cropScale.0" },
    ),
    "ema": numberFlag(
      strictlyBetween("a number between 0 and 1, such as 0.9999"),
      "evaluate running means of the weights too, with this decay in a step",
      { at: "emaDecay", initial: "no means are kept" },
    ),
  }),
} as const;

/** All flags of fine-tuning. */
export const FINETUNE_FLAGS = {
  ...EVALUATION_FLAGS,
  ...METHOD,
  ...RUN_FLAGS,
  ...under("Run and checkpoints", {
    "output": textFlag(
      "FILE",
      "write the classifier there too, after every epoch; --resume FILE begins a run with such a file",
    ),
    "untrained": switchFlag(
      "fine-tune an untrained encoder of the same sizes, too; it costs as much again",
    ),
  }),
} as const;

/** Values of these flags. */
export type FinetuneValues = FlagValues<typeof FINETUNE_FLAGS>;

/** Any number of classes, until the images say how many there are. */
const ANY_CLASSES = 2;

/**
 * Settings of a fine-tuning.
 *
 * @param encoder The encoder that it begins with.
 * @param path Path from which it was opened.
 */
export const finetuneSettings = (
  { model }: OpenedEncoder,
  path: string,
  values: FinetuneValues,
): Promise<Settings<FinetuneConfig>> =>
  settingsFrom<FinetuneConfig, FinetuneValues>({
    task: "finetune",
    files: ["classifier.safetensors"],
    fits: (folder) => beganWith(folder, path),
    decode: decodeFinetuneConfig,
    base: () => ({ ...FINETUNE_RECIPE, model, classes: ANY_CLASSES }),
    changed: (base, given) =>
      decodeFinetuneConfig({
        ...withFreezeTimes(withValues(METHOD, given, base), given),
        model,
      }),
  }, values);
