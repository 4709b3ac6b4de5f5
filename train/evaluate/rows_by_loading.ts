/** What a model makes of some images of a source, by a way of loading. */
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import {
  type Faults,
  imageOfCells,
  left,
  type ModelSpec,
  type PretrainConfig,
  type Result,
  right,
  targetOf,
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

/** An image as it is shown: 8-bit levels, `[height, width, channels]`. */
export interface ShownImage {
  /** Pixels of a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** 1 for grey, 3 for red, green, blue. */
  readonly channels: 1 | 3;
  /** Row-major, the channels of a pixel side by side. */
  readonly pixels: Uint8Array;
}

/** The view of an image that a stage of histograms has. */
export interface HogRow extends StageReconstruction {
  /** Colours that have histograms of their own, `C`. */
  readonly channels: number;
  /** Bins of a histogram, `N`. */
  readonly nbins: number;
}

/** The view of an image that a stage of pixels has. */
export interface PixelRow extends StageReconstruction {
  /** The image that the prediction makes up, cell by cell. */
  readonly picture: ShownImage;
  /** True if brightness and contrast of each cell are those of the image: none are predicted. */
  readonly isNormalised: boolean;
}

/** One stage's view of an image. */
export type StageRow = HogRow | PixelRow;

/** An image, what is hidden of it, and what each stage makes of it. */
export interface ReconstructionRow {
  /** The image as the model sees it, normalisation undone. */
  readonly image: ShownImage;
  /** 1 where a patch is hidden, `[L]`. */
  readonly patchMask: Float32Array;
  /** Stages, shallow to deep; targets and predictions `[cells², values]`. */
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

/** An image as the model sees it, `[C, S, S]`, as one that is shown. */
const shownAs = (
  { imageSize: side, inChannels }: ModelSpec,
  normalization: Normalization,
) =>
(image: Float32Array): ShownImage => {
  const channels = inChannels === 1 ? 1 : 3;
  const pixels = shownPixels(image, channels, normalization);
  return { width: side, height: side, channels, pixels };
};

/** A stage's view of an image, with what it takes to draw it. */
function stageRow(
  model: ModelSpec,
  view: StageReconstruction,
  image: Float32Array,
  shown: (image: Float32Array) => ShownImage,
): StageRow {
  const stage = model.stages[view.index];
  if (stage === undefined || targetOf(stage) === "hog") {
    const channels = model.inChannels === 1 ? 1 : 3;
    return { ...view, channels, nbins: model.hogNbins };
  }
  return {
    ...view,
    picture: shown(imageOfCells(model, stage, view.prediction, image)),
    isNormalised: targetOf(stage) === "normalisedPixels",
  };
}

/** Parts of the picture for each image. */
function rowsOf(
  model: ModelSpec,
  normalization: Normalization,
  { images, indices }: Batch,
  { patchMask, stages }: Reconstruction,
): readonly ReconstructionRow[] {
  const shown = shownAs(model, normalization);
  const part = (all: Float32Array, row: number): Float32Array => {
    const size = all.length / indices.length;
    return all.subarray(row * size, (row + 1) * size);
  };
  return Array.from(indices, (_, i) => {
    const image = part(images, i);
    return {
      image: shown(image),
      patchMask: part(patchMask, i),
      stages: stages.map(({ index, cells, target, prediction }) => {
        const [wanted, made] = [part(target, i), part(prediction, i)];
        const view = { index, cells, target: wanted, prediction: made };
        return stageRow(model, view, image, shown);
      }),
    };
  });
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
