/** Flags of the comparison. */
import { resolve } from "node:path";
import {
  type Fault,
  type Faults,
  left,
  nearestHint,
  type Result,
  right,
  SMALL_RECIPE,
} from "../../core/mod.ts";
import { SWEPT_RATES } from "../../train/mod.ts";
import { DEVICE_FLAGS } from "../command/device_flags.ts";
import {
  choiceFlag,
  type Flag,
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  textFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";
import { configFromFlags, METHOD_FLAGS } from "../flags/method_flags.ts";
import { backgroundFlag, dataFlag } from "../images/image_flags.ts";
import type { Experiment } from "./experiment.ts";
import { type Method, METHODS, methodsOf, THESIS_POWERS } from "./methods.ts";

/** Length of an experiment. */
interface Size {
  readonly limit: number | null;
  readonly labels: number | null;
  readonly seeds: number;
  readonly epochs: number;
  readonly finetuneEpochs: number;
  readonly probeEpochs: number;
}

/** Sorted by the time that all methods take on two cores with the small model. */
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

const METHODS_FLAG: Flag<readonly Method[]> = {
  metavar: "NAMES",
  help: `methods to compare, some of ${METHODS.join(",")}`,
  initial: "all",
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

/** A default by the length of the experiment. */
const bySize = (of: (size: Size) => number | null) => ({
  initial: Object.values(SIZES).map((size) => of(size) ?? "all").join(" / "),
});

/** Folder where `--output-dir` is not given. */
export const DEFAULT_OUTPUT = "runs/compare";

/** All flags of the comparison. */
export const COMPARE_FLAGS = {
  ...under("Experiment", {
    "size": choiceFlag(
      Object.keys(SIZES) as (keyof typeof SIZES)[],
      "how long it takes, about; the numbers below change it further",
      { initial: DEFAULT_SIZE },
    ),
    "methods": METHODS_FLAG,
    "seeds": wholeFlag(
      1,
      "pre-trainings of each method, from --seed on",
      bySize(({ seeds }) => seeds),
    ),
    "seed": wholeFlag(0, "the first seed", { at: "training.seed" }),
    "output-dir": textFlag(
      "DIR",
      "folder of the experiment; it goes on there",
      { initial: DEFAULT_OUTPUT },
    ),
  }),
  ...under("Images", {
    "data": dataFlag(
      "labelled images; /usr/share/datasets/fashion-mnist where Debian's dataset-fashion-mnist is installed",
    ),
    "background": backgroundFlag("mean"),
    "limit": wholeFlag(
      1,
      "pre-train on so many of the images",
      bySize(({ limit }) => limit),
    ),
    "labels": wholeFlag(
      1,
      "learn classes from so many of these",
      bySize(({ labels }) => labels),
    ),
  }),
  ...under("Pre-training", {
    "model": METHOD_FLAGS.model,
    "image-size": METHOD_FLAGS["image-size"],
    "patch-size": METHOD_FLAGS["patch-size"],
    "objective": METHOD_FLAGS.objective,
    "target": METHOD_FLAGS.target,
    "epochs": wholeFlag(1, "epochs of pre-training", {
      at: "training.epochs",
      ...bySize(({ epochs }) => epochs),
    }),
    "warmup-epochs": METHOD_FLAGS["warmup-epochs"],
    "batch-size": METHOD_FLAGS["batch-size"],
    "blr": METHOD_FLAGS.blr,
    "t0": METHOD_FLAGS.t0,
    "how-scale": METHOD_FLAGS["how-scale"],
    "sr-lr": {
      ...METHOD_FLAGS["sr-lr"],
      initial: String(THESIS_POWERS.stagePower),
    },
    "lr-lr": {
      ...METHOD_FLAGS["lr-lr"],
      initial:
        `${THESIS_POWERS.ratePower} alone, ${THESIS_POWERS.ratePowerWithStages} beside SR-LR`,
    },
    "warmup-mode": METHOD_FLAGS["warmup-mode"],
  }),
  ...under("Judging", {
    "finetune-epochs": wholeFlag(
      1,
      "epochs of fine-tuning",
      bySize(({ finetuneEpochs }) => finetuneEpochs),
    ),
    "finetune-lr": numberFlag(FROM_ZERO, "rate of the head in fine-tuning", {
      initial: String(FINETUNE.baseRate),
    }),
    "probe-epochs": wholeFlag(
      1,
      "epochs of linear probing",
      bySize(({ probeEpochs }) => probeEpochs),
    ),
    "probe-blr": numberFlag(
      FROM_ZERO,
      "rate of linear probing for 256 images, in place of the best of some for each encoder",
      { initial: `the best of ${SWEPT_RATES.join(", ")}` },
    ),
  }),
  ...DEVICE_FLAGS,
} as const;

/** Flags as they were given. */
export type CompareValues = FlagValues<typeof COMPARE_FLAGS>;

const powersOf = (
  { "sr-lr": stagePower, "lr-lr": ratePower }: CompareValues,
): Experiment["powers"] => ({
  stagePower: stagePower ?? THESIS_POWERS.stagePower,
  ratePower: ratePower ?? THESIS_POWERS.ratePower,
  ratePowerWithStages: ratePower ?? THESIS_POWERS.ratePowerWithStages,
});

/** Faults of what has no meaning where there is one stage. */
function methodFaults(
  known: readonly Method[],
  { methods = [], "sr-lr": stagePower }: CompareValues,
): readonly Fault[] {
  if (known.length === METHODS.length) return [];
  const unknown = methods.filter((method) => !known.includes(method));
  return [
    ...unknown.length === 0 ? [] : [{
      _tag: "Inconsistent" as const,
      path: "--methods",
      found: methods.join(","),
      wanted: `some of ${known.join(",")}: the model has one stage`,
    }],
    ...stagePower === undefined ? [] : [{
      _tag: "Inconsistent" as const,
      path: "--sr-lr",
      found: stagePower,
      wanted: "several stages: the model has one",
    }],
  ];
}

/**
 * The experiment that flags ask for.
 *
 * @returns The experiment, or every fault of what its methods have in common, named
 * by flags.
 */
export function experimentFrom(
  values: CompareValues,
): Result<Faults, Experiment> {
  const size: Size = SIZES[values.size ?? DEFAULT_SIZE];
  const { "sr-lr": _, "lr-lr": __, ...common } = values;
  const epochs = values.epochs ?? size.epochs;
  const pretrain = configFromFlags(SMALL_RECIPE, { ...common, epochs });
  if (pretrain._tag === "Left") return pretrain;
  const known = methodsOf(pretrain.right.model.stages.length);
  const [fault, ...others] = methodFaults(known, values);
  return fault !== undefined ? left([fault, ...others]) : right({
    version: 1,
    data: values.data === undefined ? null : resolve(values.data),
    limit: values.limit ?? size.limit,
    heldOut: "by class",
    // The embedded images have no alpha: experiments of before go on with the same flags.
    background: values.background ??
      (values.data === undefined ? "none" : "mean"),
    labels: values.labels ?? size.labels,
    methods: values.methods ?? known,
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
