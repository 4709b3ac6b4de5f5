/** The evaluated encoder, and the same before its first step. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { initialValues, rootKey, split } from "../../core/mod.ts";
import {
  describeSkipped,
  encoderParameters,
  type HostTensors,
  type ImageChoice,
  type OpenedEncoder,
  openEncoder,
  readImagesFile,
  replaceFile,
  runFolderAt,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { describeTraining, mustWork } from "../command/describe_errors.ts";
import {
  describeReport,
  type ENCODER_FLAGS,
  encoderOptions,
} from "../flags/encoder_flags.ts";
import type { FlagValues } from "../flags/flags.ts";
import { classesFrom, type imageFlags } from "../images/image_flags.ts";
import { waitingFor } from "../output/progress_bar.ts";

/** Flags of an encoder and the size of its images. */
type EncoderValues = FlagValues<typeof ENCODER_FLAGS> & {
  readonly "image-size"?: number;
};

/**
 * Opens an encoder.
 *
 * @param path A run, a checkpoint, an exported encoder or a file of weights.
 * @throws {CommandFailed} where there is none.
 */
export async function encoderAt(
  path: string,
  values: EncoderValues,
): Promise<OpenedEncoder> {
  const imageSize = values["image-size"];
  const options = { ...encoderOptions(values), imageSize };
  const opened = await waitingFor(
    "reading the encoder",
    () => openEncoder(path, options),
  );
  return must(opened, describeTraining);
}

/** Description of an encoder: its origin, and tensors missing from or unused in its file. */
export function describeEncoder(
  { path, steps, report, skipped }: OpenedEncoder,
): readonly string[] {
  const after = steps === null ? "" : `, after step ${steps[0]} of ${steps[1]}`;
  // Decoders of a run are no surprise.
  const own = steps === null ? report : { ...report, leftOver: [] };
  return [
    ...describeSkipped(skipped).map((line) => `skipped: ${line}`),
    `encoder: ${path}${after}`,
    ...describeReport(own).map((line) => `  ${line}`),
  ];
}

/** Flags that choose images. */
type ImageValues = FlagValues<ReturnType<typeof imageFlags>>;

/**
 * The images of an evaluation: those that flags name, else those of the encoder's run, of
 * which that part is held out that was held out then. How many to learn from is a matter of
 * the evaluation, not of the run.
 *
 * @param path Path from which the encoder was opened.
 */
export async function evaluationImages(
  path: string,
  { data: given, ...values }: ImageValues,
): Promise<ImageChoice> {
  const read = await readImagesFile(await runFolderAt(path));
  const run = read._tag === "Right" ? read.right : null;
  const data = given === undefined ? run?.data ?? null : resolve(given);
  const same = data === run?.data ? run : null;
  return {
    data,
    limit: values.limit ?? null,
    classes: await classesFrom(values.classes) ?? same?.classes ?? null,
    valShare: values["val-share"] ?? same?.valShare ?? null,
    heldOut: run?.heldOut ?? "by class",
    background: values.background ?? run?.background ?? "mean",
  };
}

/**
 * The first values that an encoder's seed gives, with its own positions: what
 * pre-training began with, where it began from the seed.
 *
 * @param encoder The encoder; seed 0 stands for one that is not known.
 */
export function untrainedEncoder(
  { model, parameters, seed = 0 }: OpenedEncoder,
): HostTensors {
  const key = split(rootKey(seed), "parameters");
  const first = encoderParameters(model).map((parameter) =>
    [
      parameter.name,
      initialValues(parameter, split(key, parameter.name)),
    ] as const
  );
  return new Map([...parameters, ...first]);
}

/** Name of the file in a run's folder that says which encoder the run began with. */
const ENCODER_FILE = "encoder.json";

/** Writes down which encoder a run begins with. */
export async function rememberEncoder(
  folder: string,
  path: string,
): Promise<void> {
  const text = `${JSON.stringify({ path: resolve(path) }, null, 2)}\n`;
  mustWork(await replaceFile(join(folder, ENCODER_FILE), text));
}

/** True if the run in a folder is recorded to have begun with an encoder. */
export async function beganWith(
  folder: string,
  path: string,
): Promise<boolean> {
  try {
    const text = await readFile(join(folder, ENCODER_FILE), "utf8");
    return JSON.parse(text).path === resolve(path);
  } catch {
    return false;
  }
}
