/**
 * An experiment: methods, seeds, and how long each part of it is.
 *
 * @module
 */
import {
  type Fault,
  type Faults,
  type FreezePlan,
  left,
  type ModelSpec,
  planOf,
  type PretrainConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  FINETUNE_RECIPE,
  type FinetuneConfig,
  finetunePlan,
  PROBE_RECIPE,
  type ProbeConfig,
  probeLength,
} from "../../train/mod.ts";
import type { HeldOut } from "../images/images_file.ts";
import {
  configOfMethod,
  type Method,
  type MethodPowers,
  type TrialMethod,
  UNTRAINED,
} from "./methods.ts";

/** Everything that determines an experiment but the images themselves. */
export interface Experiment {
  /** Version of this form. */
  readonly version: 1;
  /** Folder of images, or `null` for the embedded ones. */
  readonly data: string | null;
  /** Images to pre-train on, or `null` for all. */
  readonly limit: number | null;
  /** How images to judge by are drawn where the data have none of their own. */
  readonly heldOut: HeldOut;
  /** Images among them to learn classes from, or `null` for all of those. */
  readonly labels: number | null;
  /** Methods in the order in which they run. */
  readonly methods: readonly Method[];
  /** How many seeds, from that of the configuration on. */
  readonly seeds: number;
  /** What the methods have in common. */
  readonly pretrain: PretrainConfig;
  /** Exponents of the methods. */
  readonly powers: MethodPowers;
  /** Fine-tuning. */
  readonly finetune: {
    readonly epochs: number;
    readonly batchSize: number;
    readonly baseRate: number;
    readonly layerDecay: number;
    readonly cropScale: readonly [least: number, largest: number];
  };
  /** Linear probing. */
  readonly probe: {
    readonly epochs: number;
    readonly batchSize: number;
    /** `null` chooses it for each encoder on images that are held out. */
    readonly baseRate: number | null;
  };
}

/** One pre-training and what it is worth. */
export interface Trial {
  /** Its method; one without pre-training is judged with the first values of its seed. */
  readonly method: TrialMethod;
  /** Its seed, also that of fine-tuning and probe. */
  readonly seed: number;
  /** Its pre-training. */
  readonly config: PretrainConfig;
  /** The plan of that. */
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
): FinetuneConfig {
  const { epochs, batchSize, baseRate, layerDecay, cropScale } = finetune;
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

/** The linear probe of a trial. */
export function probeConfig(
  { probe: { epochs, batchSize, baseRate } }: Experiment,
  seed: number,
  model: ModelSpec,
  classes: number,
  images: number,
): ProbeConfig {
  return {
    ...PROBE_RECIPE,
    width: model.embedDim,
    classes,
    epochs,
    warmupEpochs: epochs * PROBE_WARMUP,
    batchSize: Math.min(batchSize, images),
    baseRate: baseRate ?? PROBE_RECIPE.baseRate,
    seed,
  };
}

/** The trials of one seed: its methods, then the encoder that none of them has trained. */
function trialsOf(
  { methods, pretrain, powers }: Experiment,
  samples: number,
  seed: number,
): Result<Faults, readonly Trial[]> {
  const training = { ...pretrain.training, seed };
  const trials: Trial[] = [];
  for (const method of methods) {
    const common = { ...pretrain, training };
    const config = configOfMethod(common, powers, samples, method);
    if (config._tag === "Left") return config;
    const plan = planOf(config.right, samples);
    if (plan._tag === "Left") return plan;
    trials.push({ method, seed, config: config.right, plan: plan.right });
  }
  const [first] = trials;
  return right(
    first === undefined ? [] : [...trials, { ...first, method: UNTRAINED }],
  );
}

const atFlag = (flag: string) => (fault: Fault): Fault => ({
  ...fault,
  path: `--${flag}: ${fault.path}`,
});

/** What is wrong with fine-tuning and probe. */
function judgingFaults(
  experiment: Experiment,
  trial: Trial,
  classes: number,
  labelled: number,
): readonly Fault[] {
  const { model } = trial.config;
  const finetune = finetunePlan(
    finetuneConfig(experiment, trial, classes),
    labelled,
  );
  const probe = probeLength(
    probeConfig(experiment, trial.seed, model, classes, labelled),
    labelled,
  );
  return [
    ...finetune._tag === "Left" ? finetune.left.map(atFlag("finetune")) : [],
    ...probe._tag === "Left" ? probe.left.map(atFlag("probe")) : [],
  ];
}

/**
 * Everything that an experiment will do, seed by seed, so that a part of it already
 * compares all methods.
 *
 * @param experiment The experiment.
 * @param images How many images there are to pre-train on, how many of them with
 * labels to learn from, and their classes.
 * @returns The trials, or whatever is wrong with any of them.
 */
export function trialsOfExperiment(
  experiment: Experiment,
  images: {
    readonly samples: number;
    readonly labelled: number;
    readonly classes: number;
  },
): Result<Faults, readonly Trial[]> {
  const { seeds, pretrain: { training: { seed: first } } } = experiment;
  const trials: Trial[] = [];
  for (let k = 0; k < seeds; k++) {
    const some = trialsOf(experiment, images.samples, first + k);
    if (some._tag === "Left") return some;
    trials.push(...some.right);
  }
  const [trial] = trials;
  const [fault, ...others] = trial === undefined
    ? []
    : judgingFaults(experiment, trial, images.classes, images.labelled);
  return fault === undefined ? right(trials) : left([fault, ...others]);
}
