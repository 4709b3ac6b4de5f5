/**
 * Writes the encoder of a run for other programs: timm, PyTorch, transformers.js.
 *
 * ```sh
 * deno run -A examples/export.ts runs/1 exported/my-encoder
 * ```
 *
 * The last line of the output is JSON.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-read=DATA,ENCODER,OUT
 * --allow-write=OUT
 * ```
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { type Result, right } from "../core/mod.ts";
import {
  describeDataError,
  embeddedFashionMnist,
  IMAGENET_NORMALIZATION,
  type Normalization,
  normalizationFor,
  openSource,
} from "../data/mod.ts";
import {
  describeSkipped,
  describeTrainError,
  exportEncoder,
  type OpenedEncoder,
  openEncoder,
  runFolderOf,
} from "../train/mod.ts";
import {
  EVALUATION_DEFAULTS,
  EVALUATION_FLAGS,
  failedWith,
} from "./evaluate/open_evaluation.ts";
import { type EvaluationProgram, runProgram } from "./evaluate/program.ts";
import { textFlag } from "./flags.ts";
import { badInput, type Failure } from "./pretrain/failure.ts";
import { readImagesFile } from "./pretrain/images_file.ts";

const { prefix, heads, "image-size": imageSize, "resize-size": resizeSize } =
  EVALUATION_FLAGS;

const FLAGS = {
  prefix,
  heads,
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

/** Statistics of the images that an encoder learned from. */
async function normalizationOf(
  { steps, path }: OpenedEncoder,
  data: string | undefined,
): Promise<Result<Failure, Normalization>> {
  if (data !== undefined) return normalizationIn(data);
  if (steps === null) return right(IMAGENET_NORMALIZATION);
  const images = await readImagesFile(runFolderOf(dirname(path)));
  return images._tag === "Left"
    ? badInput(`${images.left}\nname images of that kind: --data`)
    : normalizationIn(images.right.data);
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
    "data": "the run's images; for weights of others ImageNet's statistics",
    "title": "the name of the folder OUT",
  },
  run: async ([from = "", out = ""], values, say) => {
    const opened = await openEncoder(from, {
      ...values.prefix === undefined ? {} : { prefix: values.prefix },
      numHeads: values.heads,
      imageSize: values["image-size"],
    });
    if (opened._tag === "Left") {
      return badInput(describeTrainError(opened.left));
    }
    const encoder = opened.right;
    for (const line of describeSkipped(encoder.skipped)) {
      say(`skipped: ${line}`);
    }
    const normalization = await normalizationOf(encoder, values.data);
    if (normalization._tag === "Left") return normalization;
    const { model, parameters } = encoder;
    const { inChannels, imageSize } = model;
    const files = await exportEncoder(out, {
      model,
      parameters,
      normalization: normalizationFor(
        normalization.right,
        inChannels === 1 ? 1 : 3,
      ),
      resizeSize: values["resize-size"] ?? imageSize,
      title: values.title ?? basename(out),
      history: historyOf(encoder),
    });
    if (files._tag === "Left") return failedWith(files.left);
    say(`encoder: ${encoder.path}`);
    for (const name of files.right) say(`wrote ${join(out, name)}`);
    return right({ encoder: encoder.path, folder: out, files: files.right });
  },
};

await runProgram(program, process.argv.slice(2));
