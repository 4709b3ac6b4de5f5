/**
 * Features of all images of a source.
 *
 * @module
 */
import type { DeviceTensors } from "../../backends/mod.ts";
import { left, type Result } from "../../core/mod.ts";
import { evalTransform, type ImageSource, loadAll } from "../../data/mod.ts";
import {
  type FeatureSpec,
  imageFeatures,
  type LabelledFeatures,
  type TrainError,
} from "../../train/mod.ts";
import type { Evaluation } from "./open_evaluation.ts";

/** Images at a time. */
const BATCH = 64;

/**
 * Features of every image of a source, as it is judged: nothing is random.
 *
 * @param evaluation Encoder, device and the size of the images.
 * @param parameters The encoder on the device.
 * @param feature Which numbers count.
 * @param source The images.
 */
export async function sourceFeatures(
  { encoder: { model }, backend, resizeSize }: Evaluation,
  parameters: DeviceTensors,
  feature: FeatureSpec,
  source: ImageSource,
): Promise<Result<TrainError, LabelledFeatures>> {
  const { imageSize, inChannels } = model;
  const { normalization } = source;
  const format = { imageSize, inChannels, normalization, resizeSize };
  const transform = evalTransform(format);
  if (transform._tag === "Left") {
    return left({ _tag: "BadConfig", faults: transform.left });
  }
  const batchSize = Math.min(BATCH, source.length);
  const batches = loadAll({ source, transform: transform.right, batchSize });
  return await imageFeatures(
    backend,
    model,
    parameters,
    batches,
    batchSize,
    feature,
  );
}
