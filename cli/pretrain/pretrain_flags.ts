/**
 * Flags of pre-training.
 *
 * @module
 */
import { DEVICE_FLAGS } from "../flags/device_flags.ts";
import { PREFIX_FLAG } from "../flags/encoder_flags.ts";
import {
  choiceFlag,
  type FlagValues,
  switchFlag,
  textFlag,
  under,
  workersFlag,
} from "../flags/flags.ts";
import { METHOD_FLAGS } from "../flags/method_flags.ts";
import { imageFlags } from "../images/image_flags.ts";
import { HEALTH_FLAGS } from "./health_flags.ts";
import { SAVE_FLAGS } from "./save_flags.ts";

/** All flags of pre-training. */
export const PRETRAIN_FLAGS = {
  ...imageFlags(
    "images: a folder by class or flat, tar or Parquet files, CIFAR's or Fashion-MNIST's",
    "learn from",
    "part of the images that is kept to judge by",
  ),
  ...under("Images", {
    "on-bad-image": choiceFlag(
      ["skip", "fail"],
      "what is done about an image that cannot be read",
      { initial: "skip, up to 1 % of the images" },
    ),
    "workers": workersFlag("threads beside the main one that decode images"),
  }),
  ...METHOD_FLAGS,
  ...under("Run and checkpoints", {
    "config": textFlag("FILE", "start from this configuration (JSON)"),
    "init-from": textFlag(
      "PATH",
      "start from the encoder of a run, an export or a file of weights (timm's, MAE's, LocalMIM's names)",
      { initial: "first values drawn from the seed" },
    ),
    "prefix": {
      ...PREFIX_FLAG,
      initial: "that of the only encoder in the file of --init-from",
    },
    "output-dir": textFlag("DIR", "folder of the run", {
      initial: "runs/N, the first free N",
    }),
    "resume": textFlag(
      "auto|DIR",
      "go on from a run's folder or one of its checkpoints; auto: with the run in --output-dir, or with the one in runs/ that these flags fit, if there is one",
    ),
    "allow-schedule-change": switchFlag(
      "go on even where flags change epochs, warm-up, freezing or rates",
    ),
    "allow-data-change": switchFlag(
      "go on even where images have changed under the same names",
    ),
  }),
  ...SAVE_FLAGS,
  ...HEALTH_FLAGS,
  ...DEVICE_FLAGS,
  ...under("Output", {
    "judge": choiceFlag(
      ["auto", "always", "never"],
      "judge the encoder at the end: within a tenth of the run's time or 3 s, by all images, or not",
      { initial: "auto" },
    ),
    "json": switchFlag(
      "end with one line of JSON on stdout; all else goes to stderr",
    ),
    "no-tensorboard": switchFlag(
      "write no event files for TensorBoard into the run's folder",
    ),
  }),
} as const;

/** Flags as they were given. */
export type PretrainValues = FlagValues<typeof PRETRAIN_FLAGS>;

/** Threads that decode images where `--workers` is not given. */
export const DEFAULT_WORKERS = 0;
