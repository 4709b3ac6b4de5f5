/**
 * The encoder, the labelled images and the device of an evaluation.
 *
 * @module
 */
import { type Backend, selectBackend } from "../../backends/mod.ts";
import { labelledImages, normalizationFor } from "../../data/mod.ts";
import {
  describeSkipped,
  type HeldOut,
  type OpenedEncoder,
  openEncoder,
  readImagesFile,
  runFolderAt,
} from "../../train/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import {
  describeDevice,
  describeImages,
  describeTraining,
} from "../command/describe_errors.ts";
import { DEVICE_FLAGS } from "../command/device_flags.ts";
import { type FlagValues, under, wholeFlag } from "../flags/flags.ts";
import {
  describeReport,
  describeStatistics,
  ENCODER_FLAGS,
  encoderOptions,
  STATISTICS_FLAGS,
  statisticsFrom,
  type ToldStatistics,
} from "../flags/encoder_flags.ts";
import { classesFrom, imageFlags } from "../images/image_flags.ts";
import { openImages, type PretrainImages } from "../images/images.ts";
import { type EvaluatedImages, evaluatedImages } from "../images/unreadable.ts";

/** Flags of every evaluation. */
export const EVALUATION_FLAGS = {
  ...imageFlags(
    "labelled images: a folder by class, train beside val or test or not, tar or Parquet files, CIFAR's or Fashion-MNIST's",
    "take",
    "part of the images that is kept to judge by, as in pre-training",
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
} as const;

/** Values of the common flags. */
export type EvaluationValues = FlagValues<typeof EVALUATION_FLAGS>;

/** Everything that an evaluation needs. */
export interface Evaluation extends EvaluatedImages {
  /** The encoder. */
  readonly encoder: OpenedEncoder;
  /** How many classes there are. */
  readonly classes: number;
  /** Side that the shorter side of an image gets. */
  readonly resizeSize: number;
  /** Where to compute. */
  readonly backend: Backend;
}

/** Said where nothing tells what the encoder's own images were normalised with. */
const OWN_STATISTICS =
  "the images' own, for nothing says the encoder's (--mean and --std do)";

function tell(
  { encoder, train, backend }: Evaluation,
  statistics: ToldStatistics,
  judgedBy: string,
  say: (line: string) => void,
): void {
  const { path, steps, report, skipped } = encoder;
  for (const line of describeSkipped(skipped)) say(`skipped: ${line}`);
  const after = steps === null ? "" : `, after step ${steps[0]} of ${steps[1]}`;
  say(`encoder: ${path}${after}`);
  // Decoders of a run are no surprise.
  const own = steps === null ? report : { ...report, leftOver: [] };
  for (const line of describeReport(own)) say(`  ${line}`);
  say(`pixels: ${describeStatistics(train.normalization)}, ${statistics.from}`);
  say(`learns from: ${train.summary}`);
  say(`judged by: ${judgedBy}`);
  say(`device: ${backend.device.name} (${backend.device.description})`);
}

/** How the run of an encoder drew the images that it did not learn from. */
async function heldOutOf(path: string): Promise<HeldOut> {
  const images = await readImagesFile(await runFolderAt(path));
  return images._tag === "Right" ? images.right.heldOut : "by class";
}

/** The images that flags choose; those kept away are the ones that the run kept away. */
async function imagesFrom(
  path: string,
  values: EvaluationValues,
): Promise<PretrainImages> {
  const { data = null, limit = null, "val-share": valShare = null } = values;
  const classes = await classesFrom(values.classes);
  const choice = { classes, valShare, heldOut: await heldOutOf(path) };
  return must(await openImages(data, limit, choice), describeImages);
}

/**
 * Opens what an evaluation needs.
 *
 * @param path A run, a checkpoint, an exported encoder or a file of weights.
 * @param values Flags as they were given.
 * @param say Told what was opened.
 * @throws {CommandFailed} where something of it cannot be had.
 */
export async function openEvaluation(
  path: string,
  values: EvaluationValues,
  say: (line: string) => void,
): Promise<Evaluation> {
  const opened = await openEncoder(path, {
    ...encoderOptions(values),
    imageSize: values["image-size"],
  });
  const encoder = must(opened, describeTraining);
  const { train, queries, judgedBy } = await imagesFrom(path, values);
  if (queries === null) return refuse(`--data: judged by ${judgedBy}`);
  const statistics = must(statisticsFrom(values, encoder, {
    normalization: train.normalization,
    from: OWN_STATISTICS,
  }));
  const normalization = normalizationFor(
    statistics.normalization,
    encoder.model.inChannels === 1 ? 1 : 3,
  );
  const selected = await selectBackend(values.backend ?? "auto");
  const { backend } = must(selected, describeDevice);
  const evaluation: Evaluation = {
    encoder,
    ...evaluatedImages(
      labelledImages({ ...train, normalization }),
      { ...queries, normalization },
    ),
    classes: train.classNames?.length ?? 0,
    resizeSize: values["resize-size"] ?? encoder.model.imageSize,
    backend,
  };
  tell(evaluation, statistics, judgedBy, say);
  return evaluation;
}
