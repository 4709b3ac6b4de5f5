/** Flags of pre-training, and the configuration that they make. */
import {
  decodePretrainConfig,
  DEFAULT_PRETRAIN_CONFIG,
  type PretrainConfig,
  right,
  SMALL_RECIPE,
} from "../../core/mod.ts";
import { holdsFashionMnist } from "../../data/mod.ts";
import { PREFIX_FLAG } from "../flags/encoder_flags.ts";
import {
  choiceFlag,
  type FlagValues,
  switchFlag,
  textFlag,
  under,
} from "../flags/flags.ts";
import { configFromFlags, METHOD_FLAGS } from "../flags/method_flags.ts";
import { imageFlags } from "../images/image_flags.ts";
import { RUN_FLAGS } from "../runs/run_flags.ts";
import {
  type ConfigKind,
  type Settings,
  settingsFrom,
} from "../runs/settings.ts";

/** All flags of pre-training. */
export const PRETRAIN_FLAGS = {
  ...imageFlags(
    "images: a folder by class or flat, tar or Parquet files, CIFAR's or Fashion-MNIST's",
    "learn from",
    "share of the images held out for validation",
  ),
  ...METHOD_FLAGS,
  ...under("Run and checkpoints", {
    "init-from": textFlag(
      "PATH",
      "start from the encoder of a run, an export or a file of weights (timm's, MAE's, LocalMIM's names)",
      { initial: "first values drawn from the seed" },
    ),
    "prefix": {
      ...PREFIX_FLAG,
      initial: "that of the only encoder in the file of --init-from",
    },
  }),
  ...RUN_FLAGS,
  ...under("Output", {
    "dry-run": switchFlag(
      "train nothing: print plan, memory, time and space on disk, and draw preview.svg, images as the model will see them",
    ),
    "judge": choiceFlag(
      ["auto", "always", "never"],
      "evaluate the encoder at the end: within a tenth of the run's time or 3 s, by all images, or not",
      { initial: "auto" },
    ),
    "json": switchFlag(
      "end with one line of JSON on stdout; all else goes to stderr",
    ),
  }),
} as const;

/** Flags as they were given. */
export type PretrainValues = FlagValues<typeof PRETRAIN_FLAGS>;

const PRETRAINING: ConfigKind<PretrainConfig, PretrainValues> = {
  task: "pretrain",
  decode: decodePretrainConfig,
  base: async ({ data }) =>
    data === undefined || await holdsFashionMnist(data)
      ? SMALL_RECIPE
      : DEFAULT_PRETRAIN_CONFIG,
  changed: (base, values, goesOn) => {
    const config = configFromFlags(base, values);
    if (config._tag === "Left" || !goesOn) return config;
    // A preset has channels of its own; the images stay as they are.
    const { inChannels } = base.model;
    const model = { ...config.right.model, inChannels };
    return right({ ...config.right, model });
  },
};

/** Settings of a pre-training. */
export const pretrainSettings = (
  values: PretrainValues,
): Promise<Settings<PretrainConfig>> => settingsFrom(PRETRAINING, values);
