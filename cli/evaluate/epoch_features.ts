/** Features of random crops, other ones in every epoch. */
import type { DeviceTensors } from "../../backends/mod.ts";
import { epochOrder, left, type ProbeConfig, right } from "../../core/mod.ts";
import { loadBatches, trainTransform } from "../../data/mod.ts";
import {
  encoderFeatures,
  type EpochFeatures,
  type FeatureSpec,
  type LabelledFeatures,
  type Loading,
  onlyRows,
} from "../../train/mod.ts";
import type { Evaluation } from "./open_evaluation.ts";

/** Images at a time, at most. */
const BATCH = 64;

/** Part of an image that is seen, in a single try, as in MAE's linear probing. */
const SCALE = [0.08, 1] as const;

/** The largest batch that divides that of a step: then exactly what the steps take is computed. */
function divisorOf(batchSize: number): number {
  let size = Math.min(BATCH, batchSize);
  while (batchSize % size !== 0) size--;
  return size;
}

/**
 * Puts features in the order of an epoch back into that of the source. Where an image
 * stands in for one that cannot be read, its class does too.
 */
function inOrderOfSource(
  { features, width, labels }: LabelledFeatures,
  order: Int32Array,
  labelOf: (index: number) => number,
): LabelledFeatures {
  const sorted = new Float32Array(order.length * width);
  const all = Int32Array.from({ length: order.length }, (_, i) => labelOf(i));
  order.subarray(0, labels.length).forEach((index, row) => {
    const own = features.subarray(row * width, (row + 1) * width);
    sorted.set(own, index * width);
    all[index] = labels[row] ?? -1;
  });
  return { features: sorted, width, labels: all };
}

/**
 * Features of random crops of the training images. Crops and order follow from
 * the seed and the epoch.
 *
 * @param evaluation Encoder, device and images.
 * @param parameters The encoder on the device.
 * @param feature Definition of the feature.
 * @param config The probe that is trained on them.
 * @param loading Loading of images.
 * @param signal Stops an epoch.
 */
export function epochFeatures(
  { encoder: { model }, backend, train: source }: Evaluation,
  parameters: DeviceTensors,
  feature: FeatureSpec,
  { seed, batchSize: stepSize }: ProbeConfig,
  loading: Loading,
  signal?: AbortSignal,
): EpochFeatures {
  const { imageSize, inChannels } = model;
  const { normalization } = source;
  const crop = { scale: SCALE, cropRule: "singleTry" } as const;
  const format = { imageSize, inChannels, normalization, ...crop };
  const batchSize = divisorOf(stepSize);
  return async (epoch) => {
    const transform = trainTransform(format);
    if (transform._tag === "Left") {
      return left({ _tag: "BadConfig", faults: transform.left });
    }
    const options = {
      ...{ source, transform: transform.right, seed, epoch },
      ...{ ...loading, batchSize, recycles: true },
    };
    const found = onlyRows(
      await encoderFeatures(
        backend,
        model,
        [parameters],
        loadBatches(options),
        batchSize,
        feature,
        { signal },
      ),
    );
    if (found._tag === "Left") return found;
    const order = epochOrder(seed, epoch, source.length);
    return right(
      inOrderOfSource(found.right, order, (i) => source.label(i) ?? -1),
    );
  };
}
