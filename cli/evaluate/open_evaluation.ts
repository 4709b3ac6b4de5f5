/**
 * The encoder, the labelled images and the device of an evaluation.
 *
 * @module
 */
import {
  type Backend,
  BACKEND_CHOICES,
  describeBackendError,
  selectBackend,
} from "../../backends/mod.ts";
import { describeFaults, left, type Result, right } from "../../core/mod.ts";
import {
  describeDataError,
  labelledImages,
  normalizationFor,
} from "../../data/mod.ts";
import {
  describeSkipped,
  type OpenedEncoder,
  openEncoder,
  runFolderAt,
  type TrainError,
} from "../../train/mod.ts";
import {
  choiceFlag,
  type FlagValues,
  numberFlag,
  SHARE,
  textFlag,
  wholeFlag,
} from "../flags/flags.ts";
import {
  describeReport,
  describeStatistics,
  ENCODER_DEFAULTS,
  ENCODER_FLAGS,
  encoderOptions,
  STATISTICS_FLAGS,
  statisticsFrom,
  type ToldStatistics,
} from "../flags/encoder_flags.ts";
import { describeByFlags } from "../flags/describe_by_flags.ts";
import { openImages, type PretrainImages } from "../images/images.ts";
import { type HeldOut, readImagesFile } from "../images/images_file.ts";
import { classesFrom } from "../pretrain/settings.ts";
import { type EvaluatedImages, evaluatedImages } from "../images/unreadable.ts";
import { badInput, EXIT, type Failure } from "../output/failure.ts";

/** Flags of every evaluation. */
export const EVALUATION_FLAGS = {
  "data": textFlag(
    "DIR",
    "labelled images: a folder by class, train beside val or test or not, tar or Parquet files, CIFAR's or Fashion-MNIST's",
  ),
  "classes": textFlag(
    "NAMES",
    "take these classes: in-5, in-10, in-25, in-100, A,B,… or a file of names",
  ),
  "val-share": numberFlag(
    SHARE,
    "part of the images that is kept to judge by, as in pre-training",
  ),
  "limit": wholeFlag(1, "learn from so many of the images"),
  ...ENCODER_FLAGS,
  ...STATISTICS_FLAGS,
  "image-size": wholeFlag(
    1,
    "side of the images, pixels; positions are interpolated",
  ),
  "resize-size": wholeFlag(
    1,
    "length of the shorter side before the middle is cut out, pixels",
  ),
  "backend": choiceFlag(BACKEND_CHOICES, "where to compute"),
} as const;

/** What they are when they are not given. */
export const EVALUATION_DEFAULTS: Readonly<Record<string, string>> = {
  "data": "the embedded Fashion-MNIST test images",
  "classes": "all",
  "val-share": "the data's own part to judge by, else a fifth",
  "limit": "all",
  ...ENCODER_DEFAULTS,
  "image-size": "the encoder's",
  "resize-size": "image-size; 256 for 224 is customary with photographs",
  "backend": "auto",
};

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

/** An evaluation that failed under way. */
export const failedWith = (error: TrainError): Result<Failure, never> =>
  left({ message: describeByFlags(error), code: EXIT.failed });

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
): Promise<Result<Failure, PretrainImages>> {
  const classes = await classesFrom(values.classes);
  if (classes._tag === "Left") return badInput(describeFaults(classes.left));
  const { data = null, limit = null } = values;
  const valShare = values["val-share"] ?? null;
  const heldOut = await heldOutOf(path);
  const choice = { classes: classes.right, valShare, heldOut };
  const images = await openImages(data, limit, choice);
  return images._tag === "Left"
    ? badInput(describeDataError(images.left))
    : images;
}

/**
 * Opens what an evaluation needs.
 *
 * @param path A run, a checkpoint, an exported encoder or a file of weights.
 * @param values Flags as they were given.
 * @param say Told what was opened.
 */
export async function openEvaluation(
  path: string,
  values: EvaluationValues,
  say: (line: string) => void,
): Promise<Result<Failure, Evaluation>> {
  const encoder = await openEncoder(path, {
    ...encoderOptions(values),
    imageSize: values["image-size"],
  });
  if (encoder._tag === "Left") {
    return badInput(describeByFlags(encoder.left));
  }
  const images = await imagesFrom(path, values);
  if (images._tag === "Left") return images;
  const { train, queries, judgedBy } = images.right;
  if (queries === null) return badInput(`--data: judged by ${judgedBy}`);
  const statistics = statisticsFrom(values, encoder.right, {
    normalization: train.normalization,
    from: OWN_STATISTICS,
  });
  if (statistics._tag === "Left") return badInput(statistics.left);
  const normalization = normalizationFor(
    statistics.right.normalization,
    encoder.right.model.inChannels === 1 ? 1 : 3,
  );
  const selected = await selectBackend(values.backend ?? "auto");
  if (selected._tag === "Left") {
    return badInput(describeBackendError(selected.left));
  }
  const evaluation: Evaluation = {
    encoder: encoder.right,
    ...evaluatedImages(
      labelledImages({ ...train, normalization }),
      { ...queries, normalization },
    ),
    classes: train.classNames?.length ?? 0,
    resizeSize: values["resize-size"] ?? encoder.right.model.imageSize,
    backend: selected.right.backend,
  };
  tell(evaluation, statistics.right, judgedBy, say);
  return right(evaluation);
}
