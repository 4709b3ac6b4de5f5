/**
 * Writes the encoder of a run for other programs: timm, PyTorch, transformers.js.
 *
 * ```sh
 * deno run -A cli/main.ts export runs/1 exported/my-encoder
 * ```
 *
 * The last line of the output is JSON.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import {
  describeDataError,
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
  openEncoder,
  runFolderOf,
} from "../../train/mod.ts";
import {
  EVALUATION_DEFAULTS,
  EVALUATION_FLAGS,
  failedWith,
} from "../evaluate/open_evaluation.ts";
import { type EvaluationProgram, runProgram } from "../output/program.ts";
import { type FlagValues, textFlag } from "../flags/flags.ts";
import {
  describeStatistics,
  ENCODER_FLAGS,
  encoderOptions,
  STATISTICS_FLAGS,
  statisticsFrom,
  type ToldStatistics,
} from "../flags/encoder_flags.ts";
import { describeByFlags } from "../flags/describe_by_flags.ts";
import { readImagesFile } from "../images/images_file.ts";
import { badInput, type Failure } from "../output/failure.ts";

const { "image-size": imageSize, "resize-size": resizeSize } = EVALUATION_FLAGS;

const FLAGS = {
  ...ENCODER_FLAGS,
  ...STATISTICS_FLAGS,
  "image-size": imageSize,
  "resize-size": resizeSize,
  "data": textFlag(
    "DIR",
    "images whose statistics the encoder's images are normalised with",
  ),
  "title": textFlag("TEXT", "title of the model card"),
} as const;

const USAGE =
  `Writes an encoder for other programs: deno run -A examples/export.ts RUN OUT [FLAGS]

RUN is a run's folder, a checkpoint, or a file of weights (.safetensors, .pth) with
timm's names; OUT a new folder. In it: model.safetensors with timm's names,
onnx/model.onnx, config.json and preprocessor_config.json as transformers.js reads
them, README.md.`;

const normalizationIn = async (
  folder: string | null,
): Promise<Result<Failure, Normalization>> => {
  const source = folder === null
    ? await embeddedFashionMnist()
    : await openSource(folder);
  return source._tag === "Left"
    ? badInput(
      `${
        describeDataError(source.left)
      }\nname other images of that kind: --data`,
    )
    : right(source.right.normalization);
};

/** Statistics of the images that an encoder learned from, where nothing says them. */
async function ownStatistics(
  { steps, path }: OpenedEncoder,
): Promise<Result<Failure, ToldStatistics>> {
  if (steps === null) {
    const from = "ImageNet's, for nothing says the encoder's";
    return right({ normalization: IMAGENET_NORMALIZATION, from });
  }
  const images = await readImagesFile(runFolderOf(dirname(path)));
  if (images._tag === "Left") {
    return badInput(`${images.left}\nname images of that kind: --data`);
  }
  const found = await normalizationIn(images.right.data);
  return found._tag === "Left"
    ? found
    : right({ normalization: found.right, from: "as the run's images have" });
}

/** Statistics of an encoder's images: of flags, of `--data`, of the encoder. */
async function statisticsOf(
  encoder: OpenedEncoder,
  values: FlagValues<typeof FLAGS>,
): Promise<Result<Failure, ToldStatistics>> {
  const isTold = values.mean !== undefined || values.std !== undefined;
  if (!isTold && values.data !== undefined) {
    const found = await normalizationIn(values.data);
    const from = "as the images of --data have";
    return found._tag === "Left"
      ? found
      : right({ normalization: found.right, from });
  }
  const isSaid = isTold || encoder.normalization !== null;
  const own = isSaid
    ? right({ normalization: IMAGENET_NORMALIZATION, from: "" })
    : await ownStatistics(encoder);
  if (own._tag === "Left") return own;
  const statistics = statisticsFrom(values, encoder, own.right);
  return statistics._tag === "Left" ? badInput(statistics.left) : statistics;
}

/** How an encoder was trained, in sentences. */
const historyOf = ({ path, steps }: OpenedEncoder): readonly string[] =>
  steps === null ? [`Weights of ${basename(path)}.`] : [
    "Pre-trained without labels by LocalMIM: hidden patches are reconstructed as",
    "histograms of oriented gradients from several depths, while layers freeze by",
    `FreezeOut. It is the encoder after step ${steps[0]} of ${steps[1]}.`,
  ];

const program: EvaluationProgram<typeof FLAGS> = {
  words: ["RUN", "OUT"],
  flags: FLAGS,
  usage: USAGE,
  defaults: {
    ...EVALUATION_DEFAULTS,
    "data":
      "what the run, export or configuration says; for weights without one ImageNet's statistics",
    "title": "the name of the folder OUT",
  },
  run: async ([from = "", out = ""], values, say) => {
    const opened = await openEncoder(from, {
      ...encoderOptions(values),
      imageSize: values["image-size"],
    });
    if (opened._tag === "Left") {
      return badInput(describeByFlags(opened.left));
    }
    const encoder = opened.right;
    for (const line of describeSkipped(encoder.skipped)) {
      say(`skipped: ${line}`);
    }
    const statistics = await statisticsOf(encoder, values);
    if (statistics._tag === "Left") return statistics;
    const normalization = normalizationFor(
      statistics.right.normalization,
      encoder.model.inChannels === 1 ? 1 : 3,
    );
    const { model, parameters } = encoder;
    const { imageSize } = model;
    const files = await exportEncoder(out, {
      model,
      parameters,
      normalization,
      resizeSize: values["resize-size"] ?? imageSize,
      title: values.title ?? basename(out),
      history: historyOf(encoder),
    });
    if (files._tag === "Left") return failedWith(files.left);
    say(`encoder: ${encoder.path}`);
    const { from: told } = statistics.right;
    say(`pixels: ${describeStatistics(normalization)}, ${told}`);
    for (const name of files.right) say(`wrote ${join(out, name)}`);
    return right({ encoder: encoder.path, folder: out, files: files.right });
  },
};

/**
 * Runs the command.
 *
 * @param args The command line behind its name.
 */
export const exportCommand = (args: readonly string[]): Promise<void> =>
  runProgram(program, args);
