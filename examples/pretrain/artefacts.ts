/**
 * Pictures of a run in its folder.
 *
 * @module
 */
import { join } from "node:path";
import type { Backend, DeviceTensors } from "../../backends/mod.ts";
import {
  type FreezePlan,
  left,
  type PretrainConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  type Batch,
  type DataError,
  evalTransform,
  type ImageSource,
  loadAll,
  shareSource,
} from "../../data/mod.ts";
import {
  lossPlot,
  planPlot,
  reconstructionPicture,
  type ReconstructionSample,
} from "../../plot/mod.ts";
import {
  type MetricsLine,
  reconstruct,
  replaceFile,
  type TrainError,
} from "../../train/mod.ts";
import { rootKey } from "../../core/mod.ts";

/** Images in the picture of reconstructions. */
const PICTURED = 6;

/** Undoes the normalisation of one image `[C, H, W]`: 8-bit samples `[H, W, C]`. */
function pixelsOf(
  image: Float32Array,
  channels: number,
  { mean, deviation }: ImageSource["normalization"],
): Uint8Array {
  const area = image.length / channels;
  return Uint8Array.from({ length: image.length }, (_, i) => {
    const channel = i % channels;
    const value = image[channel * area + Math.floor(i / channels)] ?? 0;
    const level = value * (deviation[channel % deviation.length] ?? 1) +
      (mean[channel % mean.length] ?? 0);
    return Math.max(0, Math.min(255, Math.round(255 * level)));
  });
}

async function picturedBatch(
  source: ImageSource,
  { model }: PretrainConfig,
): Promise<Result<DataError, Batch>> {
  const { imageSize, inChannels } = model;
  const transform = evalTransform({
    imageSize,
    inChannels,
    normalization: source.normalization,
  });
  if (transform._tag === "Left") {
    return left({ _tag: "BadOptions", faults: transform.left });
  }
  const share = shareSource(
    source,
    Math.min(PICTURED, source.length),
    rootKey(0),
  );
  if (share._tag === "Left") {
    return left({ _tag: "BadOptions", faults: share.left });
  }
  const options = {
    source: share.right,
    transform: transform.right,
    batchSize: PICTURED,
  };
  for await (const batch of loadAll(options)) return batch;
  return left({
    _tag: "BadImage",
    image: source.name,
    reason: "the source is empty",
  });
}

/** Images, masks, targets and what the model makes of them, as SVG text. */
export async function reconstructionSvg(
  backend: Backend,
  config: PretrainConfig,
  parameters: DeviceTensors,
  source: ImageSource,
): Promise<Result<TrainError, string>> {
  const batch = await picturedBatch(source, config);
  if (batch._tag === "Left") {
    return left({ _tag: "DataFailed", error: batch.left });
  }
  const moment = { seed: config.training.seed, epoch: 0 };
  const made = await reconstruct(
    backend,
    config.model,
    parameters,
    batch.right,
    moment,
  );
  if (made._tag === "Left") return made;
  const { imageSize: side, inChannels: channels, hogNbins: nbins } =
    config.model;
  const count = batch.right.indices.length;
  const part = (all: Float32Array, sample: number): Float32Array =>
    all.subarray(
      sample * all.length / count,
      (sample + 1) * all.length / count,
    );
  const samples = Array.from(
    { length: count },
    (_, i): ReconstructionSample => ({
      image: {
        width: side,
        height: side,
        channels: channels === 1 ? 1 : 3,
        pixels: pixelsOf(
          part(batch.right.images, i),
          channels,
          source.normalization,
        ),
      },
      patchMask: part(made.right.patchMask, i),
      stages: made.right.stages.map(({ index, cells, target, prediction }) => ({
        index,
        cells,
        channels,
        nbins,
        target: part(target, i),
        prediction: part(prediction, i),
      })),
    }),
  );
  return right(await reconstructionPicture(samples));
}

/** Writes `plan.svg`: the plan before a run. */
export function writePlanPicture(
  folder: string,
  plan: FreezePlan,
): Promise<Result<TrainError, void>> {
  return replaceFile(join(folder, "plan.svg"), planPlot(plan));
}

/** Writes `loss.svg`: the losses of a run. */
export function writeLossPicture(
  folder: string,
  plan: FreezePlan,
  lines: readonly MetricsLine[],
): Promise<Result<TrainError, void>> {
  return replaceFile(
    join(folder, "loss.svg"),
    lossPlot(lines, { phases: plan.phases }),
  );
}
