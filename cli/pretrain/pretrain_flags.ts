/**
 * Flags of the program and its help.
 *
 * @module
 */
import { BACKEND_CHOICES } from "../../backends/mod.ts";
import {
  choiceFlag,
  type FlagValues,
  helpText,
  numberFlag,
  SHARE,
  switchFlag,
  textFlag,
  wholeFlag,
  workersFlag,
} from "../flags/flags.ts";
import { PREFIX_FLAG } from "../flags/encoder_flags.ts";
import { METHOD_FLAGS, methodDefaults } from "../flags/method_flags.ts";
import { modelTable } from "../output/model_words.ts";
import { HEALTH_DEFAULTS, HEALTH_FLAGS } from "./health_flags.ts";
import { REFERENCE_RECIPE, SMALL_RECIPE } from "./recipes.ts";
import { SAVE_DEFAULTS, SAVE_FLAGS } from "./save_flags.ts";

/** All flags of the program. */
export const PRETRAIN_FLAGS = {
  "data": textFlag(
    "DIR",
    "images: a folder by class or flat, tar or Parquet files, CIFAR's or Fashion-MNIST's",
  ),
  "classes": textFlag(
    "NAMES",
    "learn from these classes: in-5, in-10, in-25, in-100, A,B,… or a file of names",
  ),
  "val-share": numberFlag(
    SHARE,
    "part of the images that is kept to judge by",
  ),
  "on-bad-image": choiceFlag(
    ["skip", "fail"],
    "what is done about an image that cannot be read",
  ),
  "workers": workersFlag("threads beside the main one that decode images"),
  "limit": wholeFlag(1, "learn from so many of the images"),
  "config": textFlag("FILE", "start from this configuration (JSON)"),
  ...METHOD_FLAGS,
  "backend": choiceFlag(BACKEND_CHOICES, "where to compute"),
  "threads": wholeFlag(1, "threads that compute, on onnx"),
  "output-dir": textFlag("DIR", "folder of the run"),
  "init-from": textFlag(
    "PATH",
    "start from the encoder of a run, an export or a file of weights (timm's, MAE's, LocalMIM's names)",
  ),
  "prefix": PREFIX_FLAG,
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
  ...SAVE_FLAGS,
  ...HEALTH_FLAGS,
  "judge": choiceFlag(
    ["auto", "always", "never"],
    "judge the encoder at the end: within a tenth of the run's time or 3 s, by all images, or not",
  ),
  "json": switchFlag(
    "end with one line of JSON on stdout; all else goes to stderr",
  ),
  "no-tensorboard": switchFlag(
    "write no event files for TensorBoard into the run's folder",
  ),
  "help": switchFlag("print this and stop"),
} as const;

/** Flags as they were given. */
export type PretrainValues = FlagValues<typeof PRETRAIN_FLAGS>;

/** Threads that decode images where `--workers` is not given. */
export const DEFAULT_WORKERS = 0;

const USAGE =
  `Pre-trains a Vision Transformer on images: deno run -A examples/pretrain.ts [FLAGS]

Where two defaults are given, the first is for Fashion-MNIST, the second for any
other folder of images. Ctrl-C, or closing the terminal, ends the run with a checkpoint
of the steps that it has taken.`;

const EXIT_CODES =
  `Exit codes: 0 done, 1 the run failed, 2 it cannot begin as asked, 130 stopped by
Ctrl-C. With DEBUG=1 in the environment a bug shows its stack.`;

const OWN_DEFAULTS: Readonly<Record<string, string>> = {
  "data": "the embedded Fashion-MNIST test images",
  "classes": "all",
  "val-share": "the data's own part to judge by, else a fifth",
  "on-bad-image": "skip, up to 1 % of the images",
  "workers": String(DEFAULT_WORKERS),
  "limit": "all",
  "lr": "blr × batch-size × accum-iter / 256",
  "image-size": "the model's",
  "patch-size": "the model's",
  "heads": "the model's",
  "backend": "auto",
  "threads": "the processor's cores",
  "init-from": "first values drawn from the seed",
  "prefix": "that of the only encoder in the file of --init-from",
  "output-dir": "runs/N, the first free N",
  "judge": "auto",
  ...SAVE_DEFAULTS,
  ...HEALTH_DEFAULTS,
};

/** Defaults of both recipes, said once where they agree. */
function defaults(): Readonly<Record<string, string>> {
  const [small, reference] = [SMALL_RECIPE, REFERENCE_RECIPE].map((recipe) =>
    methodDefaults(recipe.config, recipe.model)
  );
  const both = Object.entries(small ?? {}).map(([name, value]) => {
    const other = reference?.[name];
    return [name, value === other ? value : `${value} / ${other}`] as const;
  });
  return { ...Object.fromEntries(both), ...OWN_DEFAULTS };
}

/** What `--help` prints. */
export function pretrainHelp(): string {
  const flags = helpText(USAGE, PRETRAIN_FLAGS, defaults());
  return `${flags}\n\n${modelTable()}\n\n${EXIT_CODES}`;
}
