/** The picture of augmented images before a run: what the model will see. */
import { right } from "../../core/mod.ts";
import { shownPixels } from "../../data/mod.ts";
import { pictureSheet } from "../../plot/mod.ts";
import { batchSource, type TrainError } from "../../train/mod.ts";
import type { Result } from "../../core/mod.ts";
import { must } from "../command/command_failed.ts";
import type { PlannedPretraining } from "./plan_run.ts";

const COLUMNS = 6;
const PICTURED = 24;

/** The first images of the first epoch, normalised, `[C, H, W]` each. */
async function firstImages(
  { train, config, loading }: PlannedPretraining,
): Promise<Result<TrainError, readonly Float32Array[]>> {
  const { imageSize, inChannels } = config.model;
  const size = inChannels * imageSize ** 2;
  const found: Float32Array[] = [];
  const batches = must(batchSource(train, config, loading));
  for await (const batch of batches(0, 0)) {
    if (batch._tag === "Left") {
      return { _tag: "Left", left: { _tag: "DataFailed", error: batch.left } };
    }
    const { images } = batch.right;
    for (let from = 0; from < images.length; from += size) {
      if (found.length === PICTURED) return right(found);
      // The memory of a batch is used again.
      found.push(images.slice(from, from + size));
    }
  }
  return right(found);
}

/**
 * Draws the first images of the first epoch as the model will see them: cropped, resized,
 * mirrored, on their background. They are those of the run with the same flags.
 *
 * @returns The picture as SVG text.
 */
export async function previewSvg(
  planned: PlannedPretraining,
): Promise<Result<TrainError, string>> {
  const { train: { normalization }, config: { model } } = planned;
  const images = await firstImages(planned);
  if (images._tag === "Left") return images;
  const channels = model.inChannels === 1 ? 1 : 3;
  const { imageSize: width, imageSize: height } = model;
  const pictures = images.right.map((image) => {
    const pixels = shownPixels(image, channels, normalization);
    return { width, height, channels, pixels } as const;
  });
  const title = `The first images of the first epoch, ${width}×${height}`;
  return right(await pictureSheet(title, pictures, COLUMNS));
}
