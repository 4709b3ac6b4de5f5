/** The encoder, the images with their masks and the device of a segmentation. */
import { gridSize } from "../../core/mod.ts";
import { counted, type ImageSource, someOf } from "../../data/mod.ts";
import { patchLabels } from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { describeTraining } from "../command/describe_errors.ts";
import { deviceFrom } from "../command/device_flags.ts";
import { encoderAt, evaluationImages } from "../evaluate/evaluated_encoder.ts";
import { mustNotStop } from "../evaluate/evaluation_result.ts";
import {
  type Evaluation,
  normalizationOf,
} from "../evaluate/open_evaluation.ts";
import { evaluatedImages } from "../images/unreadable.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import {
  classesOf,
  classTable,
  ignoredFrom,
  type PixelClassTable,
} from "./class_numbers.ts";
import { type KnownMasks, knownMasks } from "./known_masks.ts";
import { maskedImages } from "./masked_images.ts";
import type { SegmentValues } from "./segment_flags.ts";

/** An encoder, a device, images and what their pixels are. */
export interface OpenedMasks extends Evaluation {
  /** The classes. */
  readonly table: PixelClassTable;
  /** Class of each patch of the images to learn from, `[images, L]`; −1 for none. */
  readonly labels: Int32Array;
  /** Class of each pixel of an image to judge by, `[S, S]`, −1 for none; `null` where it cannot be read. */
  readonly truth: (index: number) => Int32Array | null;
  /** Masks that cannot be read, of both parts. */
  readonly unreadMasks: number;
}

/** Looks at the masks of a part under a bar. */
async function looked<A>(
  source: ImageSource,
  size: { readonly imageSize: number; readonly resizeSize: number },
  what: string,
  keep: (levels: Uint8Array) => A,
  shown: ShownWork,
): Promise<KnownMasks<A>> {
  const found = await underBar(
    shown,
    `masks of the images ${what}`,
    source.length,
    (work) => knownMasks(source, size, keep, work),
  );
  const isStopped = found._tag === "Left" && found.left._tag === "Stopped";
  return isStopped ? mustNotStop(found, {}) : must(found, describeTraining);
}

/** Classes of all patches, image by image. */
function labelsFrom(
  { kept }: KnownMasks<Int32Array>,
  patches: number,
  { classOf }: PixelClassTable,
): Int32Array {
  const labels = new Int32Array(kept.length * patches).fill(-1);
  for (const [image, numbers] of kept.entries()) {
    numbers?.forEach((number, patch) => {
      labels[image * patches + patch] = classOf[number] ?? -1;
    });
  }
  return labels;
}

/** What the masks say, once all of them were looked at. */
async function known(
  train: ImageSource,
  validation: ImageSource,
  size: { readonly imageSize: number; readonly resizeSize: number },
  grid: number,
  values: SegmentValues,
  shown: ShownWork,
) {
  const ignored = ignoredFrom(values);
  const numbers = Array.from({ length: 256 }, (_, number) => number);
  // Classes are not known yet: patches get the number that most of their pixels have.
  const counting = classTable(numbers).map((number) =>
    ignored.has(number) ? -1 : number
  );
  const patches = await looked(
    ...[train, size, "to learn from"] as const,
    (levels) =>
      patchLabels(
        Int32Array.from(levels, (level) => counting[level] ?? -1),
        ...[grid, numbers.length] as const,
      ),
    shown,
  );
  const pixels = await looked(
    ...[validation, size, "to judge by"] as const,
    (levels) => levels,
    shown,
  );
  return { patches, pixels };
}

/** Says which masks could not be read, and what can only be judged. */
function remarks(
  parts: readonly KnownMasks<unknown>[],
  { numbers, names }: PixelClassTable,
): readonly string[] {
  const bad = parts.flatMap(({ bad }) => bad.list());
  const [first] = bad;
  const [learned] = parts;
  const unlearned = numbers.flatMap((number, label) =>
    (learned?.counts[number] ?? 0) === 0 &&
      parts.some(({ counts }) => (counts[number] ?? 0) > 0)
      ? [names[label] ?? ""]
      : []
  );
  return [
    ...first === undefined ? [] : [
      `${
        counted(bad.length, "image")
      } left out, whose mask cannot be read; the first ${first.image}: ${first.reason}`,
    ],
    ...unlearned.length === 0 ? [] : [
      `only in the images to judge by, so never learned: ${someOf(unlearned)}`,
    ],
  ];
}

/** The classes in words. */
const describeClasses = (
  { names }: PixelClassTable,
  values: SegmentValues,
): string =>
  `classes: ${names.length} (${someOf(names)}); ignored: ${
    [...ignoredFrom(values)].join(", ") || "none"
  }`;

/**
 * Opens an encoder, images with masks and a device. All masks are looked at first: what is
 * wrong with one of them is found before anything is computed.
 *
 * @param path A run, a checkpoint, an exported encoder or a file of weights.
 * @param say Called with a description of what was opened.
 * @throws {CommandFailed} where something of it cannot be had.
 */
export async function openMasks(
  path: string,
  { classes, ...values }: SegmentValues,
  say: (line: string) => void,
  shown: ShownWork,
): Promise<OpenedMasks> {
  const encoder = await encoderAt(path, values);
  const { model } = encoder;
  const choice = await evaluationImages(path, values);
  const images = await maskedImages(choice, values);
  const { normalization, words } = normalizationOf(
    ...[encoder, images.train, values] as const,
  );
  [...words, ...images.words].forEach(say);
  const normalized = (source: ImageSource) => ({ ...source, normalization });
  const parts = evaluatedImages(
    normalized(images.train),
    normalized(images.validation),
  );
  const { imageSize } = model;
  const resizeSize = values["resize-size"] ?? imageSize;
  const grid = gridSize(model);
  const { patches, pixels } = await known(
    ...[parts.train, parts.validation, { imageSize, resizeSize }] as const,
    ...[grid, values, shown] as const,
  );
  const stated = { ...values, ...classes === undefined ? {} : { classes } };
  const table = classesOf([patches, pixels], images.names, stated);
  const labels = labelsFrom(patches, grid ** 2, table);
  say(describeClasses(table, values));
  remarks([patches, pixels], table).forEach(say);
  const { backend } = await deviceFrom(values);
  say(`device: ${backend.device.name} (${backend.device.description})`);
  return {
    ...{ encoder, backend, ...parts, resizeSize, table, labels },
    classes: table.names.length,
    unreadMasks: patches.bad.list().length + pixels.bad.list().length,
    truth: (index) => {
      const levels = pixels.kept[index] ?? null;
      return levels === null
        ? null
        : Int32Array.from(levels, (level) => table.classOf[level] ?? -1);
    },
  };
}
