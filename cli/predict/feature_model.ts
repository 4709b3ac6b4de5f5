/** What gives pictures their features: an encoder, or a run with a head. */
import type { FeatureSpec } from "../../core/mod.ts";
import { type Normalization, normalizationFor } from "../../data/mod.ts";
import {
  classifierTask,
  openClassifier,
  type OpenedClassifier,
  type OpenedEncoder,
  openEncoder,
} from "../../train/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { describeEncoder, encoderAt } from "../evaluate/evaluated_encoder.ts";
import { FEATURE_FLAGS, featureFrom } from "../evaluate/features.ts";
import { EVALUATION_FLAGS } from "../evaluate/open_evaluation.ts";
import {
  describeStatistics,
  ENCODER_FLAGS,
  encoderOptions,
  STATISTICS_FLAGS,
  statisticsFrom,
} from "../flags/encoder_flags.ts";
import { type FlagValues, under } from "../flags/flags.ts";
import { backgroundFlag } from "../images/image_flags.ts";
import {
  CLASSIFIER_FLAGS,
  classifierAt,
  describeClassifier,
} from "./opened_classifier.ts";

const { "image-size": imageSize, "resize-size": resizeSize } = EVALUATION_FLAGS;
const { tokens, taps, regions } = FEATURE_FLAGS;

/** Flags of it. */
export const MODEL_FLAGS = {
  ...under("Images", {
    "background": backgroundFlag("the one of the encoder's run, else mean"),
  }),
  ...ENCODER_FLAGS,
  ...CLASSIFIER_FLAGS,
  ...STATISTICS_FLAGS,
  "image-size": imageSize,
  "resize-size": {
    ...resizeSize,
    initial: "what the encoder's files say, else image-size",
  },
  ...{ tokens, taps, regions },
} as const;

type Values = FlagValues<typeof MODEL_FLAGS>;

/** What gives features, and what there is to say of it. */
export interface FeatureModel {
  readonly model: OpenedEncoder | OpenedClassifier;
  /** Definition of an encoder's feature; `null` for a classifier, which has its own. */
  readonly feature: FeatureSpec | null;
  readonly words: readonly string[];
}

/** Flags that a run with a head has an answer to itself. */
const OF_ENCODERS = [
  ...[
    "prefix",
    "heads",
    "mean",
    "std",
    "image-size",
    "tokens",
    "taps",
    "regions",
  ],
] as const;

/** An encoder, its images normalised as flags say. */
async function encoderOf(
  path: string,
  values: Values,
  ofPictures: Normalization,
): Promise<FeatureModel> {
  const encoder = await encoderAt(path, values);
  const from =
    "the pictures' own, for nothing says the encoder's (--mean and --std do)";
  const own = { normalization: ofPictures, from };
  const statistics = must(statisticsFrom(values, encoder, own));
  const normalization = normalizationFor(
    statistics.normalization,
    encoder.model.inChannels === 1 ? 1 : 3,
  );
  const said = { ...normalization, from: statistics.from };
  return {
    model: { ...encoder, normalization: said },
    feature: featureFrom(encoder.model, values),
    words: [
      ...describeEncoder(encoder),
      `pixels: ${describeStatistics(normalization)}, ${statistics.from}`,
    ],
  };
}

/** The classifier of a run with a head. */
async function classifierOf(
  path: string,
  values: Values,
): Promise<FeatureModel> {
  const given = OF_ENCODERS.find((name) => name in values);
  if (given !== undefined) {
    refuse(`--${given}: found with a classifier, whose run says it itself`);
  }
  const model = await classifierAt(path, values);
  return { model, feature: null, words: describeClassifier(model) };
}

/** True for a run with a head, and for an export that is no encoder but a classifier. */
async function isClassifier(path: string, values: Values): Promise<boolean> {
  if (await classifierTask(path) !== null) return true;
  const encoder = await openEncoder(path, encoderOptions(values));
  if (encoder._tag === "Right") return false;
  return (await openClassifier(path))._tag === "Right";
}

/**
 * Opens what gives features.
 *
 * @param path A run, a checkpoint, an export or a file of weights.
 * @param ofPictures Statistics of the pictures, where nothing says the encoder's.
 * @throws {CommandFailed} where there is none.
 */
export async function featureModel(
  path: string,
  values: Values,
  ofPictures: Normalization,
): Promise<FeatureModel> {
  const { model, ...known } = await isClassifier(path, values)
    ? await classifierOf(path, values)
    : await encoderOf(path, values, ofPictures);
  const { "resize-size": side, background } = values;
  return {
    ...known,
    model: {
      ...model,
      ...side === undefined ? {} : { resizeSize: side },
      ...background === undefined ? {} : { background },
    },
  };
}
