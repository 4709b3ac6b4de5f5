/** An experiment: images, judges, and the trials of methods and seeds. */
import {
  type Faults,
  FINETUNE_RECIPE,
  type FinetuneConfig,
  finetunePlan,
  type FreezePlan,
  left,
  type ModelSpec,
  planOf,
  type PretrainConfig,
  PROBE_RECIPE,
  type ProbeConfig,
  probePlan,
  type Result,
} from "../../core/mod.ts";
import type { Background } from "../../data/mod.ts";
import type { HeldOut, KnnOptions } from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import type { PlannedMethod } from "./method_configs.ts";
import { UNTRAINED } from "./methods.ts";

/** Ways of judging an encoder. */
export const JUDGE_KINDS = ["knn", "probe", "finetune"] as const;

/** One of them. */
export type JudgeKind = typeof JUDGE_KINDS[number];

/** A way of judging by all labels, or by so many of each class. */
export type Judge = JudgeKind | `${JudgeKind}@${number}`;

/** Way and labels of a judge; `shots` is `null` for all of them. */
export function judgeParts(
  judge: Judge,
): { readonly kind: JudgeKind; readonly shots: number | null } {
  const [kind = "", shots] = judge.split("@");
  return {
    kind: kind as JudgeKind,
    shots: shots === undefined ? null : Number(shots),
  };
}

const KIND_WORDS: Readonly<Record<JudgeKind, string>> = {
  knn: "k-NN",
  probe: "linear probe",
  finetune: "fine-tuned",
};

/** A judge in words, as the head of a column. */
export function judgeWords(judge: Judge): string {
  const { kind, shots } = judgeParts(judge);
  return shots === null
    ? KIND_WORDS[kind]
    : `${KIND_WORDS[kind]}, ${shots} a class`;
}

/** Judges by kind, then by labels, all of them last. */
export const sortedJudges = (judges: Iterable<Judge>): readonly Judge[] =>
  [...new Set(judges)].toSorted((a, b) => {
    const [one, other] = [judgeParts(a), judgeParts(b)];
    return JUDGE_KINDS.indexOf(one.kind) - JUDGE_KINDS.indexOf(other.kind) ||
      (one.shots ?? Infinity) - (other.shots ?? Infinity);
  });

/**
 * What all trials of a folder have in common: images, and how encoders are judged. Methods,
 * seeds and judges may be added later; each trial keeps its own configuration.
 */
export interface Experiment {
  readonly version: 2;
  /** Folder of images, or `null` for the embedded ones. */
  readonly data: string | null;
  /** Images to pre-train on, or `null` for all. */
  readonly limit: number | null;
  /** Draw of the validation images where the data have none of their own. */
  readonly heldOut: HeldOut;
  /** Colour that transparent parts are blended onto. */
  readonly background: Background;
  /** Labelled training images among them, or `null` for all of those. */
  readonly labels: number | null;
  readonly knn: KnnOptions;
  readonly probe: {
    readonly epochs: number;
    readonly batchSize: number;
    /** `null` chooses it for each encoder on images that are held out. */
    readonly baseRate: number | null;
  };
  readonly finetune: {
    readonly epochs: number;
    readonly batchSize: number;
    readonly baseRate: number;
    readonly layerDecay: number;
    readonly cropScale: readonly [least: number, largest: number];
  };
}

/** One pre-training and its judgement. */
export interface Trial {
  /** Name of its method; that of no pre-training is judged with the first values of its seed. */
  readonly method: string;
  /** Its seed, also that of fine-tuning and probe. */
  readonly seed: number;
  readonly config: PretrainConfig;
  readonly plan: FreezePlan;
}

/** Part of a training that is warm-up, in fine-tuning and probe of the papers. */
const FINETUNE_WARMUP = 1 / 5;
const PROBE_WARMUP = 1 / 9;

/** Fine-tuning of a trial: that of the papers, without what only helps in long training. */
export function finetuneConfig(
  { finetune }: Experiment,
  { seed, config: { model } }: Pick<Trial, "seed" | "config">,
  classes: number,
  images: number,
): FinetuneConfig {
  const { epochs, layerDecay, cropScale } = finetune;
  const batchSize = stepImages(finetune, images);
  const baseRate = finetune.baseRate * batchSize / finetune.batchSize;
  return {
    ...FINETUNE_RECIPE,
    model,
    classes,
    rate: { ...FINETUNE_RECIPE.rate, baseRate, layerDecay },
    dropPath: 0,
    augment: { cropScale, randAugment: null, erasing: null },
    mixing: { ...FINETUNE_RECIPE.mixing, mixupAlpha: 0, cutmixAlpha: 0 },
    training: {
      epochs,
      warmupEpochs: epochs * FINETUNE_WARMUP,
      batchSize,
      accumIter: 1,
      seed,
    },
  };
}

/** Steps without which neither a head nor a fine-tuned encoder is one. */
const LEAST_STEPS = 100;

/** Images of a step of a judgement: fewer where all steps would else be too few. */
const stepImages = (
  { epochs, batchSize }: {
    readonly epochs: number;
    readonly batchSize: number;
  },
  images: number,
): number =>
  Math.min(
    batchSize,
    images,
    Math.max(2, Math.floor(images * epochs / LEAST_STEPS)),
  );

/** The linear probe of a trial. */
export function probeConfig(
  { probe }: Experiment,
  seed: number,
  model: ModelSpec,
  classes: number,
  images: number,
): ProbeConfig {
  const { epochs, baseRate } = probe;
  return {
    ...PROBE_RECIPE,
    width: model.embedDim,
    classes,
    epochs,
    warmupEpochs: epochs * PROBE_WARMUP,
    batchSize: stepImages(probe, images),
    baseRate: baseRate ?? PROBE_RECIPE.baseRate,
    seed,
  };
}

/** The trials of one seed: its methods, then the encoder that none of them has trained. */
function trialsOf(
  methods: readonly PlannedMethod[],
  samples: number,
  seed: number,
): readonly Trial[] {
  const trials = methods.map(({ name, config: { training, ...common } }) => {
    const config = { ...common, training: { ...training, seed } };
    return { method: name, seed, config, plan: must(planOf(config, samples)) };
  });
  const untrained = trials.slice(0, 1)
    .map((first) => ({ ...first, method: UNTRAINED }));
  return [...trials, ...untrained];
}

/** Flags of what trains after pre-training, by the last part of the field. */
const JUDGING_FLAGS = {
  "fine-tuning": {
    samples: "labels",
    batchSize: "labels",
    epochs: "finetune-epochs",
    baseRate: "finetune-lr",
  },
  probing: {
    samples: "labels",
    batchSize: "labels",
    epochs: "probe-epochs",
    baseRate: "probe-blr",
  },
} as const;

const faultsAt = <A>(
  part: keyof typeof JUDGING_FLAGS,
  result: Result<Faults, A>,
) =>
  result._tag === "Right" ? [] : result.left.map((fault) => {
    const flags: Readonly<Record<string, string>> = JUDGING_FLAGS[part];
    const flag = flags[fault.path.split(".").at(-1) ?? ""];
    const path = flag === undefined
      ? `${part}: ${fault.path}`
      : `--${flag} (${part})`;
    return { ...fault, path };
  });

/** Images and classes of an experiment. */
interface Counts {
  /** Images to pre-train on. */
  readonly samples: number;
  /** Labelled images among them. */
  readonly labelled: number;
  readonly classes: number;
}

/** Refuses fine-tuning and probe that cannot be, with all that is wrong with both. */
function checkJudges(
  experiment: Experiment,
  judges: readonly Judge[],
  trial: Trial,
  { classes, labelled }: Counts,
): void {
  const { seed, config: { model } } = trial;
  const finetune = finetuneConfig(experiment, trial, classes, labelled);
  const probe = probeConfig(experiment, seed, model, classes, labelled);
  const kinds = judges.map((judge) => judgeParts(judge).kind);
  const [fault, ...others] = [
    ...kinds.includes("finetune")
      ? faultsAt("fine-tuning", finetunePlan(finetune, labelled))
      : [],
    ...kinds.includes("probe")
      ? faultsAt("probing", probePlan(probe, labelled))
      : [],
  ];
  if (fault !== undefined) must(left([fault, ...others] as const));
}

/**
 * Everything that an experiment will do, seed by seed, so that a part of it already
 * compares all methods.
 *
 * @throws {CommandFailed} where anything is wrong with a trial.
 */
export function trialsOfExperiment(
  experiment: Experiment,
  methods: readonly PlannedMethod[],
  seeds: readonly number[],
  judges: readonly Judge[],
  counts: Counts,
): readonly Trial[] {
  const trials = seeds.flatMap((seed) =>
    trialsOf(methods, counts.samples, seed)
  );
  const [trial] = trials;
  if (trial !== undefined) checkJudges(experiment, judges, trial, counts);
  return trials;
}
