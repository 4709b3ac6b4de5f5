/** Flags of linear probing. */
import { SWEPT_RATES } from "../../train/mod.ts";
import {
  decodeProbeConfig,
  PROBE_RECIPE,
  type ProbeConfig,
} from "../../core/mod.ts";
import { withValues } from "../flags/configuration.ts";
import {
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  switchFlag,
  textFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";
import { RUN_FLAGS } from "../runs/run_flags.ts";
import { type Settings, settingsFrom } from "../runs/settings.ts";
import { FEATURE_FLAGS } from "./features.ts";
import { beganWith } from "./evaluated_encoder.ts";
import { type EvaluatedEncoder, EVALUATION_FLAGS } from "./open_evaluation.ts";

/** Flags of the configuration. */
const METHOD = {
  ...under("Schedule", {
    "epochs": wholeFlag(1, "times that every image is seen", { at: "epochs" }),
    "warmup-epochs": numberFlag(FROM_ZERO, "epochs of warm-up among them", {
      at: "warmupEpochs",
    }),
    "batch-size": wholeFlag(2, "images of a step", {
      at: "batchSize",
      initial: `${PROBE_RECIPE.batchSize}, at most all images`,
    }),
    "seed": wholeFlag(0, "seed of first values, order and crops", {
      at: "seed",
    }),
  }),
  ...under("Optimization", {
    "blr": numberFlag(
      FROM_ZERO,
      "base rate: learning rate for 256 images, in place of the best of some",
      {
        at: "baseRate",
        initial: `the best of ${
          SWEPT_RATES.join(", ")
        } on a fifth of the images to learn from; the recipe of ImageNet has ${PROBE_RECIPE.baseRate}`,
      },
    ),
    "weight-decay": numberFlag(FROM_ZERO, "weight decay", {
      at: "optimizer.weightDecay",
    }),
  }),
} as const;

/** All flags of linear probing. */
export const PROBE_FLAGS = {
  ...EVALUATION_FLAGS,
  ...FEATURE_FLAGS,
  ...under("Images", {
    "augment": switchFlag(
      "learn from random crops, other ones in every epoch; the encoder then runs in every epoch",
    ),
  }),
  ...METHOD,
  ...RUN_FLAGS,
  ...under("Run and checkpoints", {
    "output": textFlag(
      "FILE",
      "write the classifier there too, after every epoch; --resume FILE begins a run with such a file",
    ),
  }),
} as const;

/** Values of these flags. */
export type ProbeValues = FlagValues<typeof PROBE_FLAGS>;

/** Any number of classes, until the images say how many there are. */
const ANY_CLASSES = 2;

const decode = decodeProbeConfig(Infinity);

/**
 * Settings of a probe that do not depend on the images.
 *
 * @param width Width of a feature.
 * @param path Path from which the encoder was opened.
 */
export const probeSettings = (
  width: number,
  path: string,
  values: ProbeValues,
): Promise<Settings<ProbeConfig>> =>
  settingsFrom<ProbeConfig, ProbeValues>({
    task: "probe",
    files: [],
    fits: (folder) => beganWith(folder, path),
    decode,
    base: () => ({ ...PROBE_RECIPE, width, classes: ANY_CLASSES }),
    changed: (base, given) =>
      decode({ ...withValues(METHOD, given, base), width }),
  }, values);

/** A probe for the images that were found: their classes, and where nothing says it no larger steps than they fill. */
export function probeFor(
  { train, classes }: Pick<EvaluatedEncoder, "train" | "classes">,
  { config, earlier }: Settings<ProbeConfig>,
  values: ProbeValues,
): ProbeConfig {
  const isGiven = earlier !== null || values.config !== undefined ||
    values["batch-size"] !== undefined;
  const batchSize = isGiven
    ? config.batchSize
    : Math.min(config.batchSize, train.length);
  return { ...config, classes, batchSize };
}
