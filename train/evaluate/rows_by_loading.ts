/** What a model makes of some images of a source, by a way of loading. */
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import {
  type Faults,
  left,
  type ModelSpec,
  type PretrainConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import { DRAW_KEY } from "../../data/classes/held_out_images.ts";
import { shareSource } from "../../data/classes/select_images.ts";
import type { ImageSource } from "../../data/image/image_source.ts";
import type { Normalization } from "../../data/image/normalization.ts";
import type { Batch } from "../../data/loader/batch.ts";
import type { BatchLoading } from "../../data/loader/batch_loading.ts";
import type { DataError } from "../../data/report/data_error.ts";
import { shownPixels } from "../../data/transforms/shown_pixels.ts";
import { evalTransform } from "../../data/transforms/transform.ts";
import type { TrainError } from "../train_error.ts";
import {
  reconstruct,
  type Reconstruction,
  type StageReconstruction,
} from "./reconstruct.ts";

/** One stage's view of an image. */
export interface StageRow extends StageReconstruction {
  /** Colours that have histograms of their own, `C`. */
  readonly channels: number;
  /** Bins of a histogram, `N`. */
  readonly nbins: number;
}

/** An image, what is hidden of it, and what each stage makes of it. */
export interface ReconstructionRow {
  /** The image as the model sees it, normalisation undone: 8-bit levels, `[S, S, C]`. */
  readonly image: {
    readonly width: number;
    readonly height: number;
    readonly channels: 1 | 3;
    readonly pixels: Uint8Array;
  };
  /** 1 where a patch is hidden, `[L]`. */
  readonly patchMask: Float32Array;
  /** Stages, shallow to deep; targets and predictions `[cells², C·N]`. */
  readonly stages: readonly StageRow[];
}

/** Images of a picture where nobody says how many. */
const SHOWN = 6;

const dataFailed = (error: DataError): Result<TrainError, never> =>
  left({ _tag: "DataFailed", error });

const badOptions = (faults: Faults): Result<TrainError, never> =>
  dataFailed({ _tag: "BadOptions", faults });

/** Some images of a source as one batch, the same ones each time. */
async function drawnBatch(
  { loadAll }: Pick<BatchLoading, "loadAll">,
  source: ImageSource,
  { imageSize, inChannels }: ModelSpec,
  wanted: number,
): Promise<Result<TrainError, Batch>> {
  const { normalization } = source;
  const transform = evalTransform({ imageSize, inChannels, normalization });
  if (transform._tag === "Left") return badOptions(transform.left);
  const batchSize = Math.min(wanted, source.length);
  const drawn = shareSource(source, batchSize, DRAW_KEY);
  if (drawn._tag === "Left") {
    return badOptions([{ ...drawn.left[0], path: "count" }]);
  }
  const options = { transform: transform.right, batchSize };
  for await (const batch of loadAll({ source: drawn.right, ...options })) {
    return batch._tag === "Left" ? dataFailed(batch.left) : batch;
  }
  const reason = "the source is empty";
  return dataFailed({ _tag: "BadImage", image: source.name, reason });
}

/** Parts of the picture for each image. */
function rowsOf(
  { imageSize: side, inChannels, hogNbins: nbins }: ModelSpec,
  normalization: Normalization,
  { images, indices }: Batch,
  { patchMask, stages }: Reconstruction,
): readonly ReconstructionRow[] {
  const channels = inChannels === 1 ? 1 : 3;
  const part = (all: Float32Array, row: number): Float32Array => {
    const size = all.length / indices.length;
    return all.subarray(row * size, (row + 1) * size);
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
      ...{ index, cells, channels, nbins },
      target: part(target, i),
      prediction: part(prediction, i),
    })),
  }));
}

/** Rows of the picture of reconstructions, of images that are loaded in one way. */
export type RowsOf = (
  backend: Backend,
  config: Pick<PretrainConfig, "model" | "training">,
  parameters: DeviceTensors,
  source: ImageSource,
  count?: number,
) => Promise<Result<TrainError, readonly ReconstructionRow[]>>;

/** What `reconstructionRows` does, by a way of loading. */
export function rowsLoadedBy(loading: Pick<BatchLoading, "loadAll">): RowsOf {
  return async (
    backend,
    { model, training: { seed } },
    parameters,
    source,
    count = SHOWN,
  ) => {
    const batch = await drawnBatch(loading, source, model, count);
    if (batch._tag === "Left") return batch;
    const draw = { seed, epoch: 0 };
    const made = await reconstruct(
      ...[backend, model, parameters, batch.right, draw] as const,
    );
    return made._tag === "Left"
      ? made
      : right(rowsOf(model, source.normalization, batch.right, made.right));
  };
}
