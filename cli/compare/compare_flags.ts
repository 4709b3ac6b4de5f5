/**
 * Flags of the comparison.
 *
 * @module
 */
import { resolve } from "node:path";
import { BACKEND_CHOICES } from "../../backends/mod.ts";
import {
  type Faults,
  left,
  nearestHint,
  type Result,
  right,
} from "../../core/mod.ts";
import { SWEPT_RATES } from "../../train/mod.ts";
import { configFromFlags } from "../flags/config_from_flags.ts";
import {
  choiceFlag,
  type Flag,
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  textFlag,
  wholeFlag,
} from "../flags/flags.ts";
import { METHOD_FLAGS, methodDefaults } from "../flags/method_flags.ts";
import { SMALL_RECIPE } from "../pretrain/recipes.ts";
import type { Experiment } from "./experiment.ts";
import { type Method, METHODS, THESIS_POWERS } from "./methods.ts";

/** How long an experiment is. */
interface Size {
  readonly limit: number | null;
  readonly labels: number | null;
  readonly seeds: number;
  readonly epochs: number;
  readonly finetuneEpochs: number;
  readonly probeEpochs: number;
}

/** By how long all methods take on two cores with the small model. */
const SIZES = {
  minutes: {
    limit: 2000,
    labels: 1000,
    seeds: 1,
    epochs: 4,
    finetuneEpochs: 4,
    probeEpochs: 20,
  },
  hour: {
    limit: 8000,
    labels: 4000,
    seeds: 3,
    epochs: 6,
    finetuneEpochs: 6,
    probeEpochs: 45,
  },
  hours: {
    limit: null,
    labels: 8000,
    seeds: 5,
    epochs: 20,
    finetuneEpochs: 10,
    probeEpochs: 90,
  },
} as const satisfies Readonly<Record<string, Size>>;

const DEFAULT_SIZE = "minutes";

/** Fine-tuning of a small model for a few epochs. */
const FINETUNE = {
  batchSize: 64,
  baseRate: 1e-2,
  layerDecay: 0.75,
  cropScale: [0.5, 1],
} as const;

/** A probe for a few hundred steps. */
const PROBE = { batchSize: 512 } as const;

/** A flag with several methods. */
const METHODS_FLAG: Flag<readonly Method[]> = {
  metavar: "NAMES",
  help: `methods to compare, some of ${METHODS.join(",")}`,
  parse: (text) => {
    const names = text.split(",");
    const bad = names.find((name) => !METHODS.includes(name as Method));
    if (bad !== undefined) {
      return left(
        `names with commas between, no ${bad}${nearestHint(bad, METHODS)}`,
      );
    }
    return new Set(names).size === names.length
      ? right(names as Method[])
      : left("each name once");
  },
};

const {
  model,
  "image-size": imageSize,
  "patch-size": patchSize,
  "batch-size": batchSize,
  "warmup-epochs": warmupEpochs,
  blr,
  t0,
  "how-scale": howScale,
  "lr-lr": ratePower,
  "sr-lr": stagePower,
  "warmup-mode": warmupMode,
} = METHOD_FLAGS;

/** All flags of the program. */
export const COMPARE_FLAGS = {
  "size": choiceFlag(
    Object.keys(SIZES) as (keyof typeof SIZES)[],
    "how long it takes, about; the numbers below change it further",
  ),
  "methods": METHODS_FLAG,
  "seeds": wholeFlag(1, "pre-trainings of each method, from --seed on"),
  "seed": wholeFlag(0, "the first seed"),
  "data": textFlag(
    "DIR",
    "labelled images; /usr/share/datasets/fashion-mnist where Debian's dataset-fashion-mnist is installed",
  ),
  "limit": wholeFlag(1, "pre-train on so many of the images"),
  "labels": wholeFlag(1, "learn classes from so many of these"),
  "epochs": wholeFlag(1, "epochs of pre-training"),
  "finetune-epochs": wholeFlag(1, "epochs of fine-tuning"),
  "finetune-lr": numberFlag(FROM_ZERO, "rate of the head in fine-tuning"),
  "probe-epochs": wholeFlag(1, "epochs of linear probing"),
  "probe-blr": numberFlag(
    FROM_ZERO,
    "rate of linear probing for 256 images, in place of the best of some for each encoder",
  ),
  "model": model,
  "image-size": imageSize,
  "patch-size": patchSize,
  "batch-size": batchSize,
  "warmup-epochs": warmupEpochs,
  "blr": blr,
  "t0": t0,
  "how-scale": howScale,
  "sr-lr": stagePower,
  "lr-lr": ratePower,
  "warmup-mode": warmupMode,
  "backend": choiceFlag(BACKEND_CHOICES, "where to compute"),
  "threads": wholeFlag(1, "threads that compute, on onnx"),
  "output-dir": textFlag("DIR", "folder of the experiment; it goes on there"),
} as const;

/** Flags as they were given. */
export type CompareValues = FlagValues<typeof COMPARE_FLAGS>;

/** Folder where `--output-dir` is not given. */
export const DEFAULT_OUTPUT = "runs/compare";

const bySize = (of: (size: Size) => number | null): string =>
  Object.values(SIZES).map((size) => of(size) ?? "all").join(" / ");

/** What flags are when they are not given; where there are three, by `--size`. */
export function compareDefaults(): Readonly<Record<string, string>> {
  return {
    ...methodDefaults(SMALL_RECIPE.config, SMALL_RECIPE.model),
    "size": DEFAULT_SIZE,
    "methods": "all",
    "seeds": bySize(({ seeds }) => seeds),
    "data": "the embedded Fashion-MNIST test images",
    "limit": bySize(({ limit }) => limit),
    "labels": bySize(({ labels }) => labels),
    "epochs": bySize(({ epochs }) => epochs),
    "finetune-epochs": bySize((size) => size.finetuneEpochs),
    "finetune-lr": String(FINETUNE.baseRate),
    "probe-epochs": bySize((size) => size.probeEpochs),
    "probe-blr": `the best of ${SWEPT_RATES.join(", ")}`,
    "image-size": "the model's",
    "patch-size": "the model's",
    "sr-lr": String(THESIS_POWERS.stagePower),
    "lr-lr":
      `${THESIS_POWERS.ratePower} alone, ${THESIS_POWERS.ratePowerWithStages} beside SR-LR`,
    "backend": "auto",
    "threads": "the processor's cores",
    "output-dir": DEFAULT_OUTPUT,
  };
}

const powersOf = (
  { "sr-lr": stagePower, "lr-lr": ratePower }: CompareValues,
): Experiment["powers"] => ({
  stagePower: stagePower ?? THESIS_POWERS.stagePower,
  ratePower: ratePower ?? THESIS_POWERS.ratePower,
  ratePowerWithStages: ratePower ?? THESIS_POWERS.ratePowerWithStages,
});

/**
 * The experiment that flags ask for.
 *
 * @param values Flags as they were given.
 * @returns The experiment, or every fault of what its methods have in common, named
 * by flags.
 */
export function experimentFrom(
  values: CompareValues,
): Result<Faults, Experiment> {
  const size: Size = SIZES[values.size ?? DEFAULT_SIZE];
  const { "sr-lr": _, "lr-lr": __, ...common } = values;
  const epochs = values.epochs ?? size.epochs;
  const pretrain = configFromFlags(SMALL_RECIPE.config, { ...common, epochs });
  return pretrain._tag === "Left" ? pretrain : right({
    version: 1,
    data: values.data === undefined ? null : resolve(values.data),
    limit: values.limit ?? size.limit,
    heldOut: "by class",
    labels: values.labels ?? size.labels,
    methods: values.methods ?? METHODS,
    seeds: values.seeds ?? size.seeds,
    pretrain: pretrain.right,
    powers: powersOf(values),
    finetune: {
      ...FINETUNE,
      epochs: values["finetune-epochs"] ?? size.finetuneEpochs,
      baseRate: values["finetune-lr"] ?? FINETUNE.baseRate,
    },
    probe: {
      ...PROBE,
      epochs: values["probe-epochs"] ?? size.probeEpochs,
      baseRate: values["probe-blr"] ?? null,
    },
  });
}
