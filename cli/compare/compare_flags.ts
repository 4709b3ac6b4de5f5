/** Flags of the comparison. */
import { resolve } from "node:path";
import {
  left,
  nearestHint,
  type PretrainConfig,
  right,
  SMALL_RECIPE,
} from "../../core/mod.ts";
import { KNN_VOTE, SWEPT_RATES } from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { DEVICE_FLAGS } from "../command/device_flags.ts";
import {
  choiceFlag,
  type Flag,
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  switchFlag,
  textFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";
import { configFromFlags, METHOD_FLAGS } from "../flags/method_flags.ts";
import { backgroundFlag, dataFlag } from "../images/image_flags.ts";
import {
  type Experiment,
  type Judge,
  JUDGE_KINDS,
  type JudgeKind,
  sortedJudges,
} from "./experiment.ts";
import type { MostImages } from "./experiment_images.ts";
import {
  type Method,
  methodsIn,
  methodsNamed,
  THESIS_METHODS,
  thesisMethods,
} from "./methods.ts";

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

/** Ways of judging where none is asked for. */
const DEFAULT_JUDGES: readonly JudgeKind[] = ["knn", "probe"];

const JUDGE_FLAG: Flag<readonly JudgeKind[]> = {
  metavar: JUDGE_KINDS.join(","),
  help: "how encoders are judged, one or some",
  initial: DEFAULT_JUDGES.join(","),
  parse: (text) => {
    const names = text.split(",");
    const bad = names.find((name) => !JUDGE_KINDS.includes(name as JudgeKind));
    return bad === undefined
      ? right(JUDGE_KINDS.filter((judge) => names.includes(judge)))
      : left(
        `some of ${JUDGE_KINDS.join(",")}, no ${bad}${
          nearestHint(bad, JUDGE_KINDS)
        }`,
      );
  },
};

/** What methods may have in common: rates by layer are those of single methods. */
const {
  seed: _seed,
  "sr-lr": _stages,
  "lr-lr": _layers,
  "lr-mode": _mode,
  ...COMMON_FLAGS
} = METHOD_FLAGS;

const SHOTS_FLAG: Flag<readonly (number | null)[]> = {
  metavar: "N,N,all",
  help:
    "judge by so many labels of each class, drawn anew for each seed, once for each number, or by all",
  initial: "all",
  parse: (text) => {
    const shots = text.split(",").map((one) =>
      one === "all" ? null : Number(one)
    );
    return shots.every((one) =>
        one === null || Number.isSafeInteger(one) && one > 0
      )
      ? right(shots)
      : left("whole numbers from 1 on, or all, with commas between");
  },
};

/** A default by the length of the experiment. */
const bySize = (of: (size: Size) => number | null) => ({
  initial: Object.values(SIZES).map((size) => of(size) ?? "all").join(" / "),
});

/** A bound by the length of the experiment. */
const atMost = (of: (size: Size) => number | null) => ({
  initial: `${bySize(of).initial}, if there are as many`,
});

/** Folder where `--output-dir` is not given. */
const DEFAULT_OUTPUT = "runs/compare";

/** All flags of the comparison. */
export const COMPARE_FLAGS = {
  ...under("Experiment", {
    "size": choiceFlag(
      Object.keys(SIZES) as (keyof typeof SIZES)[],
      "how long it takes, about; the numbers below change it further",
      { initial: DEFAULT_SIZE },
    ),
    "methods": textFlag(
      "FILE.json|NAMES",
      `methods to compare: a list in a file, or some of ${
        THESIS_METHODS.map(({ name }) => name).join(",")
      }; differences are against the first`,
      { initial: "all of these" },
    ),
    "no-controls": switchFlag(
      "no pre-trainings that freeze nothing, with fewer epochs, at the cost of each method",
    ),
    "seeds": wholeFlag(
      1,
      "pre-trainings of each method, from --seed on; more may be added later",
      bySize(({ seeds }) => seeds),
    ),
    "seed": wholeFlag(0, "the first seed", { at: "training.seed" }),
    "output-dir": textFlag(
      "DIR",
      "folder of the experiment; it goes on there, and several processes may share it",
      { initial: DEFAULT_OUTPUT },
    ),
    "with": textFlag(
      "DIR,DIR",
      "folders of the same experiment, of other machines or times, whose results.jsonl counts as done",
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
      atMost(({ limit }) => limit),
    ),
    "labels": wholeFlag(
      1,
      "learn classes from so many of these",
      atMost(({ labels }) => labels),
    ),
  }),
  ...under("Pre-training", {
    ...COMMON_FLAGS,
    "epochs": wholeFlag(1, "epochs of pre-training", {
      at: "training.epochs",
      ...bySize(({ epochs }) => epochs),
    }),
  }),
  ...under("Judging", {
    "judge": JUDGE_FLAG,
    "shots": SHOTS_FLAG,
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

/** Methods that are asked for. */
async function methodsFrom(
  { methods }: CompareValues,
  { model: { stages } }: PretrainConfig,
): Promise<readonly Method[]> {
  if (methods === undefined) return thesisMethods(stages.length);
  return methods.endsWith(".json")
    ? must(await methodsIn(methods))
    : must(methodsNamed(methods), (wanted) =>
      `--methods: found ${JSON.stringify(methods)}, wanted ${wanted}`);
}

/** What flags ask for: the folder's experiment, and the trials that are wanted of it. */
export interface AskedComparison {
  readonly experiment: Experiment;
  /** Bounds where flags say no numbers of images. */
  readonly most: MostImages;
  /** Settings that all methods share, of the model for colours. */
  readonly common: PretrainConfig;
  readonly methods: readonly Method[];
  readonly isControlled: boolean;
  readonly seeds: readonly number[];
  readonly judges: readonly Judge[];
  /** Folder of the experiment. */
  readonly folder: string;
  /** Folders whose results count as done. */
  readonly others: readonly string[];
}

const experimentOf = (values: CompareValues, size: Size): Experiment => ({
  version: 2,
  data: values.data === undefined ? null : resolve(values.data),
  limit: values.limit ?? null,
  heldOut: "by class",
  // The embedded images have no alpha.
  background: values.background ??
    (values.data === undefined ? "none" : "mean"),
  labels: values.labels ?? null,
  knn: KNN_VOTE,
  probe: {
    ...PROBE,
    epochs: values["probe-epochs"] ?? size.probeEpochs,
    baseRate: values["probe-blr"] ?? null,
  },
  finetune: {
    ...FINETUNE,
    epochs: values["finetune-epochs"] ?? size.finetuneEpochs,
    baseRate: values["finetune-lr"] ?? FINETUNE.baseRate,
  },
});

const judgesFrom = (
  { judge = DEFAULT_JUDGES, shots = [null] }: CompareValues,
): readonly Judge[] =>
  sortedJudges(
    judge.flatMap((kind) =>
      shots.map((count) => count === null ? kind : `${kind}@${count}` as const)
    ),
  );

/**
 * The comparison that flags ask for.
 *
 * @throws {CommandFailed} with every fault of what its methods have in common, named by flags.
 */
export async function askedComparison(
  values: CompareValues,
): Promise<AskedComparison> {
  const size: Size = SIZES[values.size ?? DEFAULT_SIZE];
  const epochs = values.epochs ?? size.epochs;
  const common = must(configFromFlags(SMALL_RECIPE, { ...values, epochs }));
  const first = common.training.seed;
  return {
    experiment: experimentOf(values, size),
    most: size,
    common,
    methods: await methodsFrom(values, common),
    isControlled: !values["no-controls"],
    seeds: Array.from(
      { length: values.seeds ?? size.seeds },
      (_, k) => first + k,
    ),
    judges: judgesFrom(values),
    folder: values["output-dir"] ?? DEFAULT_OUTPUT,
    others: values.with?.split(",") ?? [],
  };
}
