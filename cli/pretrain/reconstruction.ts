/**
 * The picture of a model's reconstructions: images, masks, HOG targets and what it
 * makes of them.
 */
import type { Backend, DeviceTensors } from "../../backends/mod.ts";
import {
  left,
  type ModelSpec,
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
  type Normalization,
} from "../../data/mod.ts";
import { drawnImages } from "../images/images.ts";
import { shownPixels } from "./shown_pixels.ts";
import {
  pngDataUri,
  reconstructionPicture,
  type ReconstructionSample,
} from "../../plot/mod.ts";
import {
  reconstruct,
  type Reconstruction,
  type TrainError,
} from "../../train/mod.ts";

const PICTURED = 6;

const dataFailed = (error: DataError): Result<TrainError, never> =>
  left({ _tag: "DataFailed", error });

async function picturedBatch(
  source: ImageSource,
  { imageSize, inChannels }: ModelSpec,
): Promise<Result<TrainError, Batch>> {
  const { normalization } = source;
  const transform = evalTransform({ imageSize, inChannels, normalization });
  if (transform._tag === "Left") {
    return dataFailed({ _tag: "BadOptions", faults: transform.left });
  }
  const count = Math.min(PICTURED, source.length);
  const drawn = drawnImages(source, count, "--data");
  if (drawn._tag === "Left") return dataFailed(drawn.left);
  const batches = loadAll({
    source: drawn.right,
    transform: transform.right,
    batchSize: count,
  });
  for await (const batch of batches) {
    return batch._tag === "Left" ? dataFailed(batch.left) : batch;
  }
  const reason = "the source is empty";
  return dataFailed({ _tag: "BadImage", image: source.name, reason });
}

/**
 * Check that the picture can be drawn at the end of a run, made before its first
 * step.
 *
 * @returns `null` if it can be.
 */
export async function drawingFault(): Promise<string | null> {
  const [width, height, channels] = [1, 1, 1] as const;
  const pixels = Uint8Array.of(0);
  return await pngDataUri({ width, height, channels, pixels }).then(
    () => null,
    (thrown: unknown) =>
      `Cannot draw what the model will have learned: ${
        thrown instanceof Error ? thrown.message : String(thrown)
      }`,
  );
}

/** Parts of the picture for each image. */
function samplesOf(
  { imageSize: side, inChannels, hogNbins: nbins }: ModelSpec,
  normalization: Normalization,
  { images, indices }: Batch,
  { patchMask, stages }: Reconstruction,
): readonly ReconstructionSample[] {
  const channels = inChannels === 1 ? 1 : 3;
  const part = (all: Float32Array, sample: number): Float32Array => {
    const size = all.length / indices.length;
    return all.subarray(sample * size, (sample + 1) * size);
  };
  return Array.from(indices, (_, i) => ({
    image: {
      width: side,
      height: side,
      channels,
      pixels: shownPixels(part(images, i), channels, normalization),
    },
    patchMask: part(patchMask, i),
    stages: stages.map(({ index, cells, target, prediction }) => ({
      index,
      cells,
      channels,
      nbins,
      target: part(target, i),
      prediction: part(prediction, i),
    })),
  }));
}

/** Images, masks, targets and what the model makes of them, as SVG text. */
export async function reconstructionSvg(
  backend: Backend,
  { model, training }: PretrainConfig,
  parameters: DeviceTensors,
  source: ImageSource,
): Promise<Result<TrainError, string>> {
  const batch = await picturedBatch(source, model);
  if (batch._tag === "Left") return batch;
  const made = await reconstruct(backend, model, parameters, batch.right, {
    seed: training.seed,
    epoch: 0,
  });
  return made._tag === "Left" ? made : right(
    await reconstructionPicture(
      samplesOf(model, source.normalization, batch.right, made.right),
    ),
  );
}
