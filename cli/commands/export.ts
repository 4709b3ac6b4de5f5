/**
 * Writes the encoder or the classifier of a run for other programs: timm, PyTorch,
 * transformers.js.
 *
 * ```sh
 * deno run -A cli/main.ts export runs/1 exported/my-encoder
 * deno run -A cli/main.ts export runs/2 exported/my-classifier
 * ```
 *
 * The last line of the output is JSON.
 */
import { basename, dirname, join } from "node:path";
import { type ModelSpec, objectiveOf } from "../../core/mod.ts";
import {
  embeddedFashionMnist,
  IMAGENET_NORMALIZATION,
  type Normalization,
  normalizationFor,
  openSource,
} from "../../data/mod.ts";
import {
  classifierTask,
  describeSkipped,
  exportClassifier,
  exportEncoder,
  type OpenedClassifier,
  type OpenedEncoder,
  readImagesFile,
  runFolderOf,
} from "../../train/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { EXIT, must, refuse } from "../command/command_failed.ts";
import {
  describeImages,
  describeTraining,
} from "../command/describe_errors.ts";
import { encoderAt } from "../evaluate/evaluated_encoder.ts";
import { EVALUATION_FLAGS } from "../evaluate/open_evaluation.ts";
import { targetWords } from "../output/model_words.ts";
import {
  CLASSIFIER_FLAGS,
  classifierAt,
  describeClassifier,
} from "../predict/opened_classifier.ts";
import {
  describeStatistics,
  ENCODER_FLAGS,
  type GivenStatistics,
  STATISTICS_FLAGS,
  statisticsFrom,
} from "../flags/encoder_flags.ts";
import { type FlagValues, textFlag, under } from "../flags/flags.ts";
import { waitingFor } from "../output/progress_bar.ts";

const { "image-size": imageSize, "resize-size": resizeSize } = EVALUATION_FLAGS;

const FLAGS = {
  ...ENCODER_FLAGS,
  ...under("Images", {
    "data": textFlag(
      "DIR",
      "images whose statistics the encoder's images are normalised with",
      {
        initial:
          "what the run, export or configuration says; for weights without one ImageNet's statistics",
      },
    ),
  }),
  ...STATISTICS_FLAGS,
  "image-size": imageSize,
  "resize-size": resizeSize,
  ...CLASSIFIER_FLAGS,
  ...under("Output", {
    "title": textFlag("TEXT", "title of the model card", {
      initial: "the name of the folder OUT",
    }),
  }),
} as const;

async function normalizationIn(folder: string | null): Promise<Normalization> {
  const source = folder === null
    ? await embeddedFashionMnist()
    : await waitingFor("opening the images", () => openSource(folder));
  return must(
    source,
    (error, names) =>
      `${describeImages(error, names)}\nname other images of that kind: --data`,
  ).normalization;
}

/** Statistics of the images that an encoder was trained on, where no file states them. */
async function ownStatistics(
  { steps, path }: OpenedEncoder,
): Promise<GivenStatistics> {
  if (steps === null) {
    const from = "ImageNet's, for nothing says the encoder's";
    return { normalization: IMAGENET_NORMALIZATION, from };
  }
  const images = must(
    await readImagesFile(runFolderOf(dirname(path))),
    (reason) => `${reason}\nname images of that kind: --data`,
  );
  const normalization = await normalizationIn(images.data);
  return { normalization, from: "as the run's images have" };
}

/** Statistics of an encoder's images: of flags, of `--data`, of the encoder. */
async function statisticsOf(
  encoder: OpenedEncoder,
  values: FlagValues<typeof FLAGS>,
): Promise<GivenStatistics> {
  const isGiven = values.mean !== undefined || values.std !== undefined;
  if (!isGiven && values.data !== undefined) {
    const normalization = await normalizationIn(values.data);
    return { normalization, from: "as the images of --data have" };
  }
  const isKnown = isGiven || encoder.normalization !== null;
  const own = isKnown
    ? { normalization: IMAGENET_NORMALIZATION, from: "" }
    : await ownStatistics(encoder);
  return must(statisticsFrom(values, encoder, own));
}

/** What an encoder was trained to predict, up to a comma. */
const objectiveWords = (model: ModelSpec): readonly string[] => {
  const words = targetWords(model);
  const predicted = words === "HOG"
    ? "histograms of oriented gradients"
    : words;
  return objectiveOf(model) === "mae"
    ? [
      "Pre-trained without labels as a masked autoencoder (MAE): hidden patches are",
      `predicted as ${predicted} from the last block,`,
    ]
    : [
      "Pre-trained without labels by LocalMIM: hidden patches are reconstructed as",
      `${predicted} from several depths,`,
    ];
};

/** History of an encoder's training, in sentences. */
function historyOf(
  { path, steps, model }: OpenedEncoder,
): readonly string[] {
  if (steps === null) return [`Weights of ${basename(path)}.`];
  const [first = "", second = ""] = objectiveWords(model);
  return [
    first,
    `${second} while layers freeze by`,
    `FreezeOut. It is the encoder after step ${steps[0]} of ${steps[1]}.`,
  ];
}

type Context = CommandContext<typeof FLAGS>;

/** The encoder of a run or of weights, with what others must know of it. */
async function encoderExport(
  { words: [from = "", out = ""], values, say }: Context,
) {
  const encoder = await encoderAt(from, values);
  for (const line of describeSkipped(encoder.skipped)) say(`skipped: ${line}`);
  const statistics = await statisticsOf(encoder, values);
  const { path, model, parameters, background } = encoder;
  const normalization = normalizationFor(
    statistics.normalization,
    model.inChannels === 1 ? 1 : 3,
  );
  say(`encoder: ${path}`);
  say(`pixels: ${describeStatistics(normalization)}, ${statistics.from}`);
  const files = await waitingFor(
    "writing the encoder",
    () =>
      exportEncoder(out, {
        ...{ model, parameters, normalization, background },
        resizeSize: values["resize-size"] ?? encoder.resizeSize ??
          model.imageSize,
        title: values.title ?? basename(out),
        history: historyOf(encoder),
      }),
  );
  return { known: { encoder: path }, files };
}

/** Flags of facts that a run with a head has written down itself. */
const OF_ENCODERS = [
  ...["prefix", "heads", "data", "mean", "std", "image-size", "resize-size"],
] as const;

/** History of a classifier's training, in sentences. */
const historyOfClassifier = (
  { steps, headInput }: OpenedClassifier,
): readonly string[] => [
  headInput === "normOfMean"
    ? "A pre-trained encoder that was fine-tuned with its head."
    : "A linear head on the features of a pre-trained encoder, which stayed as it was.",
  ...steps === null
    ? []
    : [`It is that after step ${steps[0]} of ${steps[1]}.`],
];

/** The classifier of a run, with its classes. */
async function classifierExport(
  { words: [from = "", out = ""], values, say }: Context,
) {
  const given = OF_ENCODERS.find((name) => name in values);
  if (given !== undefined) {
    refuse(`--${given}: found with a classifier, whose run says it itself`);
  }
  const classifier = await classifierAt(from, values);
  describeClassifier(classifier).forEach(say);
  const files = await waitingFor(
    "writing the classifier",
    () =>
      exportClassifier(out, {
        ...classifier,
        title: values.title ?? basename(out),
        history: historyOfClassifier(classifier),
      }),
  );
  const { path, classNames: classes } = classifier;
  return { known: { classifier: path, classes }, files };
}

async function exportTo(context: Context): Promise<object> {
  const { words: [from = "", out = ""], values, say } = context;
  const isClassifier = await classifierTask(from) !== null;
  const given = Object.keys(CLASSIFIER_FLAGS).find((name) => name in values);
  if (!isClassifier && given !== undefined) {
    refuse(`--${given}: found with an encoder, wanted a run with a head`);
  }
  const { known, files: written } = isClassifier
    ? await classifierExport(context)
    : await encoderExport(context);
  const files = must(written, describeTraining, EXIT.failed);
  for (const name of files) say(`wrote ${join(out, name)}`);
  return { ...known, folder: out, files };
}

/** The command. */
export const exportCommand: Command<typeof FLAGS> = {
  name: "export",
  summary: "Writes an encoder or a classifier for other programs",
  usage:
    `RUN is a run's folder, a checkpoint, or a file of weights (.safetensors, .pth) with
timm's names; OUT a new folder. In it: model.safetensors with timm's names,
onnx/model.onnx, config.json and preprocessor_config.json as transformers.js reads
them, README.md. Of a fine-tuning or a probe it is the classifier, with its head and the
names of its classes.`,
  words: ["RUN", "OUT"],
  fields: FLAGS,
  json: "always",
  run: exportTo,
};
