/**
 * Features of images: their definition, and those of all images as they are evaluated,
 * in order and with nothing random.
 */
import type { DeviceTensors } from "../../backends/mod.ts";
import { left, type ModelSpec, type Result, right } from "../../core/mod.ts";
import { evalTransform } from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import {
  allTaps,
  encoderFeatures,
  type FeatureSpec,
  type LabelledFeatures,
  neighbourFeature,
  type SharedBatches,
  sharedBatches,
  type TrainError,
} from "../../train/mod.ts";
import {
  choiceFlag,
  type FlagValues,
  switchFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";
import { refuse } from "../command/command_failed.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import type { EvaluatedEncoder, Evaluation } from "./open_evaluation.ts";

/** Flags of features. */
export const FEATURE_FLAGS = under("Features", {
  "tokens": choiceFlag(
    ["patches", "class-token"],
    "mean of the patch tokens, or the class token",
    { initial: "patches" },
  ),
  "taps": choiceFlag(
    ["last", "all"],
    "after the last block, or side by side after every tap",
    { initial: "last" },
  ),
  "regions": wholeFlag(
    1,
    "side of a grid over the picture in whose parts the patch tokens are averaged by themselves: more of where things are, N² times as many numbers",
    { initial: "1, one mean of all" },
  ),
  "no-untrained": switchFlag(
    "leave out the row of an untrained encoder of the same sizes, which costs as much again",
  ),
});

/** Flags of the feature that nearest neighbours are looked for by. */
export const NEIGHBOUR_FEATURE_FLAGS = {
  ...FEATURE_FLAGS,
  "regions": { ...FEATURE_FLAGS.regions, initial: "2, a mean of each quarter" },
} as const;

type FeatureValues = FlagValues<typeof FEATURE_FLAGS>;

/** The feature that flags ask for. */
export function featureFrom(
  model: ModelSpec,
  { tokens, taps, regions = 1 }: FeatureValues,
): FeatureSpec {
  if (regions > 1 && tokens === "class-token") {
    refuse(
      `--regions: found ${regions}, wanted 1 beside --tokens class-token, which has no place`,
    );
  }
  const { stages } = allTaps(model);
  return {
    tokens: tokens === "class-token" ? "classToken" : "patches",
    stages: taps === "all" ? stages : stages.slice(-1),
    ...regions === 1 ? {} : { regions },
  };
}

/** The feature that flags ask for where nearest neighbours are looked for by it. */
export function neighbourFeatureFrom(
  model: ModelSpec,
  values: FeatureValues,
): FeatureSpec {
  const { regions } = neighbourFeature(model);
  return values.tokens === "class-token" || regions === undefined
    ? featureFrom(model, values)
    : featureFrom(model, { regions, ...values });
}

/** The training or the validation images. */
export type ImagePart = "train" | "validation";

/** The middles of images in order, shared by some ranks; each call starts over. */
export function batchesInOrder(
  { encoder, resizeSize, unreadable, ...images }: EvaluatedEncoder,
  part: ImagePart,
  batchSize: number,
): Result<TrainError, (ranks: Ranks | null) => SharedBatches> {
  const source = images[part];
  const { imageSize, inChannels } = encoder.model;
  const { normalization } = source;
  const made = evalTransform({
    ...{ imageSize, inChannels, normalization, resizeSize },
  });
  if (made._tag === "Left") {
    return left({ _tag: "BadConfig", faults: made.left });
  }
  const badImages = unreadable[part];
  const options = { source, transform: made.right, batchSize, badImages };
  return right((ranks) => sharedBatches({ ...options, recycles: true }, ranks));
}

/**
 * Batches of the validation images in order.
 *
 * @param evaluated Images, their size and normalisation.
 * @param batchSize Images of a batch; the last may be smaller.
 * @returns A function that starts over with each call, for the ranks that share them.
 */
export const validationBatches = (
  evaluated: EvaluatedEncoder,
  batchSize: number,
) => batchesInOrder(evaluated, "validation", batchSize);

/** Images at a time. */
export const BATCH = 64;

/**
 * Features of every image that can be read.
 *
 * @param evaluation Encoder, device, images and their size.
 * @param encoders The encoder on the device, and others of its sizes beside it.
 * @param feature Definition of the feature.
 * @param part Training or validation images.
 * @param shown Progress output, stop signal, and the processes that share the work.
 * @returns The features of each encoder, or the first error.
 */
export async function sourceFeatures(
  evaluation: Evaluation,
  encoders: readonly DeviceTensors[],
  feature: FeatureSpec,
  part: ImagePart,
  shown: ShownWork = {},
): Promise<Result<TrainError, readonly LabelledFeatures[]>> {
  const { encoder: { model }, backend } = evaluation;
  const { length } = evaluation[part];
  const size = Math.min(BATCH, length);
  const batches = batchesInOrder(evaluation, part, size);
  if (batches._tag === "Left") return batches;
  const { batches: all, noted } = batches.right(shown.ranks ?? null);
  const what = part === "train" ? "images to learn from" : "images to judge by";
  return await noted(
    await underBar(
      shown,
      what,
      length,
      (options) =>
        encoderFeatures(backend, model, encoders, all, size, feature, options),
    ),
  );
}
