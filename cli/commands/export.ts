/**
 * Writes the encoder of a run for other programs: timm, PyTorch, transformers.js.
 *
 * ```sh
 * deno run -A cli/main.ts export runs/1 exported/my-encoder
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
  describeSkipped,
  exportEncoder,
  type OpenedEncoder,
  readImagesFile,
  runFolderOf,
} from "../../train/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { EXIT, must } from "../command/command_failed.ts";
import {
  describeImages,
  describeTraining,
} from "../command/describe_errors.ts";
import { encoderAt } from "../evaluate/evaluated_encoder.ts";
import { EVALUATION_FLAGS } from "../evaluate/open_evaluation.ts";
import { targetWords } from "../output/model_words.ts";
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

async function exportTo(
  { words: [from = "", out = ""], values, say }: CommandContext<typeof FLAGS>,
): Promise<object> {
  const encoder = await encoderAt(from, values);
  for (const line of describeSkipped(encoder.skipped)) say(`skipped: ${line}`);
  const statistics = await statisticsOf(encoder, values);
  const { model, parameters } = encoder;
  const normalization = normalizationFor(
    statistics.normalization,
    model.inChannels === 1 ? 1 : 3,
  );
  const written = await waitingFor(
    "writing the encoder",
    () =>
      exportEncoder(out, {
        model,
        parameters,
        normalization,
        resizeSize: values["resize-size"] ?? model.imageSize,
        title: values.title ?? basename(out),
        history: historyOf(encoder),
      }),
  );
  const files = must(written, describeTraining, EXIT.failed);
  say(`encoder: ${encoder.path}`);
  say(`pixels: ${describeStatistics(normalization)}, ${statistics.from}`);
  for (const name of files) say(`wrote ${join(out, name)}`);
  return { encoder: encoder.path, folder: out, files };
}

/** The command. */
export const exportCommand: Command<typeof FLAGS> = {
  name: "export",
  summary: "Writes an encoder for other programs",
  usage:
    `RUN is a run's folder, a checkpoint, or a file of weights (.safetensors, .pth) with
timm's names; OUT a new folder. In it: model.safetensors with timm's names,
onnx/model.onnx, config.json and preprocessor_config.json as transformers.js reads
them, README.md.`,
  words: ["RUN", "OUT"],
  fields: FLAGS,
  json: "always",
  run: exportTo,
};
