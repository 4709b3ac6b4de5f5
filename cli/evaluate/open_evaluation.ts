/** The encoder, the labelled images and the device of an evaluation. */
import type { Backend } from "../../backends/mod.ts";
import {
  type ImageSource,
  labelledImages,
  type Normalization,
  normalizationFor,
} from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import type { OpenedEncoder } from "../../train/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { commonSettings } from "../command/common_settings.ts";
import { DEVICE_FLAGS, deviceFrom } from "../command/device_flags.ts";
import { RANK_FLAGS } from "../command/rank_flags.ts";
import {
  describeStatistics,
  ENCODER_FLAGS,
  STATISTICS_FLAGS,
  statisticsFrom,
} from "../flags/encoder_flags.ts";
import { type FlagValues, under, wholeFlag } from "../flags/flags.ts";
import { imageFlags } from "../images/image_flags.ts";
import { imagesOfRun } from "../images/images_of_run.ts";
import { transparencyWords } from "../images/transparency.ts";
import type { PretrainImages } from "../images/images.ts";
import { loadingFrom } from "../images/loading.ts";
import { type EvaluatedImages, evaluatedImages } from "../images/unreadable.ts";
import { checkFolder } from "../runs/open_folder.ts";
import type { RunValues } from "../runs/run_flags.ts";
import type { Settings } from "../runs/settings.ts";
import { agreeOnEvaluation } from "./agree_on_evaluation.ts";
import {
  describeEncoder,
  encoderAt,
  evaluationImages,
} from "./evaluated_encoder.ts";

/** Flags of every evaluation. */
export const EVALUATION_FLAGS = {
  ...imageFlags(
    "labelled images: a folder by class, train beside val or test or not, tar or Parquet files, CIFAR's or Fashion-MNIST's",
    "take",
    "share of the images held out for validation, as in pre-training",
    {
      data: "those of the encoder's run, else the embedded Fashion-MNIST ones",
      background: "the one of the encoder's run, else mean",
    },
  ),
  ...ENCODER_FLAGS,
  ...STATISTICS_FLAGS,
  ...under("Images", {
    "image-size": wholeFlag(
      1,
      "side of the images, pixels; positions are interpolated",
      { at: "model.imageSize", initial: "the encoder's" },
    ),
    "resize-size": wholeFlag(
      1,
      "length of the shorter side before the middle is cut out, pixels",
      { initial: "image-size; 256 for 224 is customary with photographs" },
    ),
  }),
  ...under("Device", { "backend": DEVICE_FLAGS.backend }),
  ...RANK_FLAGS,
} as const;

/** Values of the common flags. */
export type EvaluationValues = FlagValues<typeof EVALUATION_FLAGS>;

/** An encoder and the images on which it is evaluated. */
export interface EvaluatedEncoder extends EvaluatedImages {
  /** The encoder. */
  readonly encoder: OpenedEncoder;
  /** Number of classes. */
  readonly classes: number;
  /** Side that the shorter side of an image gets. */
  readonly resizeSize: number;
}

/** Everything that an evaluation needs on a process. */
export interface Evaluation extends EvaluatedEncoder {
  /** Backend that computes. */
  readonly backend: Backend;
}

/** Message where no file states the normalisation of the encoder's own images. */
const OWN_STATISTICS =
  "the images' own, for nothing says the encoder's (--mean and --std do)";

/**
 * The normalisation of an encoder's images: its own, where flags or a file state it.
 *
 * @param images Images, whose own statistics are the last resort.
 * @returns It, and lines about the encoder and the pixels.
 */
export function normalizationOf(
  encoder: OpenedEncoder,
  { normalization: own }: ImageSource,
  values: EvaluationValues,
): {
  readonly normalization: Normalization;
  readonly words: readonly string[];
} {
  const statistics = must(statisticsFrom(values, encoder, {
    normalization: own,
    from: OWN_STATISTICS,
  }));
  const normalization = normalizationFor(
    statistics.normalization,
    encoder.model.inChannels === 1 ? 1 : 3,
  );
  const pixels = describeStatistics(normalization);
  return {
    normalization,
    words: [
      ...describeEncoder(encoder),
      `pixels: ${pixels}, ${statistics.from}`,
    ],
  };
}

/**
 * An encoder with its images, normalised as the encoder's were.
 *
 * @param values Flags as they were given.
 * @returns Both, and lines about them.
 * @throws {CommandFailed} where there are no validation images.
 */
export async function evaluatedEncoder(
  encoder: OpenedEncoder,
  { train, validation, validationSummary }: PretrainImages,
  values: EvaluationValues,
): Promise<EvaluatedEncoder & { readonly words: readonly string[] }> {
  if (validation === null) {
    return refuse(`--data: judged by ${validationSummary}`);
  }
  const { normalization, words } = normalizationOf(encoder, train, values);
  const images = evaluatedImages(
    labelledImages({ ...train, normalization }),
    { ...validation, normalization },
  );
  return {
    encoder,
    ...images,
    classes: train.classNames?.length ?? 0,
    resizeSize: values["resize-size"] ?? encoder.model.imageSize,
    words: [
      ...words,
      `learns from: ${images.train.summary}${await transparencyWords(
        images.train,
      )}`,
      `judged by: ${validationSummary}`,
    ],
  };
}

/**
 * The images of a run that trains on top of an encoder, new or earlier.
 *
 * @param path Path from which the encoder was opened.
 * @param ranks The processes that share the run.
 * @param settingsOf Makes the requested settings of the run; called on the first process.
 * @returns Encoder and images, lines about them, and how the run is kept.
 * @throws {CommandFailed} where it cannot be that.
 */
export async function evaluationRun<Config>(
  encoder: OpenedEncoder,
  path: string,
  values: EvaluationValues & RunValues,
  ranks: Ranks | null,
  settingsOf: () => Promise<Settings<Config>>,
) {
  const settings = await commonSettings(ranks, values, async () => {
    const asked = await settingsOf();
    await checkFolder(asked);
    return asked.earlier === null
      ? { ...asked, ...await evaluationImages(path, values) }
      : asked;
  });
  const images = await imagesOfRun(settings);
  const { words, ...evaluated } = await evaluatedEncoder(
    ...[encoder, images, values] as const,
  );
  const loading = loadingFrom(evaluated.train.length, values);
  const unreadable = { ...evaluated.unreadable, train: loading.badImages };
  return { settings, loading, words, evaluated: { ...evaluated, unreadable } };
}

/**
 * Opens what an evaluation needs.
 *
 * @param path A run, a checkpoint, an exported encoder or a file of weights.
 * @param values Flags as they were given.
 * @param say Called with a description of what was opened.
 * @param ranks The processes that share it.
 * @throws {CommandFailed} where something of it cannot be had.
 */
export async function openEvaluation(
  path: string,
  values: EvaluationValues,
  say: (line: string) => void,
  ranks: Ranks | null,
): Promise<Evaluation> {
  const encoder = await encoderAt(path, values);
  const chosen = await evaluationImages(path, values);
  const images = await imagesOfRun({ ...chosen, earlier: null });
  const { words, ...evaluated } = await evaluatedEncoder(
    ...[encoder, images, values] as const,
  );
  const { backend } = await deviceFrom(values, {}, undefined, ranks);
  await agreeOnEvaluation(evaluated, values, ranks);
  words.forEach(say);
  say(`device: ${backend.device.name} (${backend.device.description})`);
  return { ...evaluated, backend };
}
