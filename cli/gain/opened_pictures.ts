/** The encoder and the pictures, with labels or without, that are looked at. */
import { permutation } from "../../core/mod.ts";
import {
  counted,
  DRAW_KEY,
  type ImageSource,
  labelledImages,
  selectImages,
} from "../../data/mod.ts";
import type { OpenedEncoder } from "../../train/mod.ts";
import { refuse } from "../command/command_failed.ts";
import { deviceFrom } from "../command/device_flags.ts";
import type { PretrainImages } from "../images/images.ts";
import { imagesOfRun } from "../images/images_of_run.ts";
import { transparencyWords } from "../images/transparency.ts";
import { evaluatedImages } from "../images/unreadable.ts";
import {
  type Evaluation,
  normalizationOf,
} from "../evaluate/open_evaluation.ts";
import { encoderAt, evaluationImages } from "../evaluate/evaluated_encoder.ts";
import type { GainValues } from "./gain_flags.ts";

/** Pictures that are looked at where there are no labels, at most. */
const MOST_UNLABELLED = 2000;

/** An encoder, a device and pictures. */
export interface OpenedPictures extends Evaluation {
  /**
   * Why there are no accuracies, in words; `null` where there are. Without them there are
   * no training images, and the validation images are those that are looked at.
   */
  readonly unjudged: string | null;
}

/** Some of many pictures, the same ones each time. */
function someOf(source: ImageSource): ImageSource {
  const order = permutation(DRAW_KEY, source.length);
  return source.length <= MOST_UNLABELLED
    ? source
    : selectImages(source, order.slice(0, MOST_UNLABELLED).sort());
}

/** What is looked at, and lines about it. */
async function lookedAt(
  encoder: OpenedEncoder,
  { train, validation, validationSummary }: PretrainImages,
  values: GainValues,
) {
  const { normalization, words } = normalizationOf(encoder, train, values);
  const known = labelledImages({ ...train, normalization });
  const isJudged = validation !== null && known.length >= 2;
  const images = isJudged
    ? evaluatedImages(known, { ...validation, normalization })
    : evaluatedImages(
      selectImages({ ...train, normalization }, new Int32Array()),
      someOf({ ...train, normalization }),
    );
  const unjudged = isJudged
    ? null
    : `no accuracies without labels of at least two classes (${
      validationSummary.replace(/^no images: /, "")
    })`;
  const transparency = await transparencyWords(train);
  return {
    ...images,
    unjudged,
    classes: train.classNames?.length ?? 0,
    words: [
      ...words,
      ...unjudged === null
        ? [
          `learns from: ${images.train.summary}${transparency}`,
          `judged by: ${validationSummary}`,
        ]
        : [
          `pictures: ${
            images.validation.length === train.length
              ? train.summary
              : `${
                counted(images.validation.length, "image")
              } of ${train.summary}`
          }${transparency}`,
          unjudged,
        ],
    ],
  };
}

/**
 * Opens an encoder, pictures and a device.
 *
 * @param path A run, a checkpoint, an exported encoder or a file of weights.
 * @param say Called with a description of what was opened.
 * @throws {CommandFailed} where something of it cannot be had.
 */
export async function openPictures(
  path: string,
  values: GainValues,
  say: (line: string) => void,
): Promise<OpenedPictures> {
  const encoder = await encoderAt(path, values);
  const choice = await evaluationImages(path, values);
  const opened = await imagesOfRun({ ...choice, earlier: null });
  const { words, ...pictures } = await lookedAt(encoder, opened, values);
  if (pictures.validation.length < 1) {
    refuse("--data: found no pictures, wanted at least one");
  }
  const { backend } = await deviceFrom(values);
  words.forEach(say);
  say(`device: ${backend.device.name} (${backend.device.description})`);
  return {
    ...{ encoder, backend, ...pictures },
    resizeSize: values["resize-size"] ?? encoder.model.imageSize,
  };
}
