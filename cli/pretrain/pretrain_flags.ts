/** Flags of pre-training. */
import { PREFIX_FLAG } from "../flags/encoder_flags.ts";
import {
  ABOVE_ZERO,
  choiceFlag,
  type FlagValues,
  numberFlag,
  switchFlag,
  textFlag,
  under,
} from "../flags/flags.ts";
import { METHOD_FLAGS } from "../flags/method_flags.ts";
import { SAME_COST_FLAGS } from "../flags/schedule_flags.ts";
import { imageFlags } from "../images/image_flags.ts";
import { RUN_FLAGS } from "../runs/run_flags.ts";

/** Minutes of a run on images of one's own where nothing is said. */
export const DEFAULT_MINUTES = 10;

/** All flags of pre-training. */
export const PRETRAIN_FLAGS = {
  ...imageFlags(
    "images: a folder by class or flat, tar or Parquet files, CIFAR's or Fashion-MNIST's",
    "learn from",
    "share of the images held out for validation",
  ),
  ...under("Recipe", {
    "recipe": choiceFlag(
      ["auto", "small", "paper", "mae"],
      "what is not stated: fitted to images, device and time, or that of small pictures, of the thesis or of MAE, which freezes nothing",
      {
        initial: "auto: small for Fashion-MNIST without --minutes, else fitted",
      },
    ),
    "minutes": numberFlag(
      ABOVE_ZERO,
      "time that the whole run is fitted to on this device",
      { at: "minutes", initial: `${DEFAULT_MINUTES}, where a run is fitted` },
    ),
  }),
  ...METHOD_FLAGS,
  ...SAME_COST_FLAGS,
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
