/** Features of as many images as there is time for. */
import type { Backend, DeviceTensors } from "../../backends/mod.ts";
import {
  graphFlops,
  left,
  type ModelSpec,
  neighbourFeature,
  permutation,
  type Result,
  right,
  rootKey,
} from "../../core/mod.ts";
import {
  type BadImages,
  badImages,
  type DataError,
  evalTransform,
  type ImageSource,
  type ImageWorkers,
  selectImages,
} from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import {
  featureGraph,
  type LabelledFeatures,
  pixelRow,
  programRow,
  rowsOfImages,
  selectPoints,
  type SharedBatches,
  sharedBatches,
  type SharedWork,
  type TrainError,
  withProgram,
} from "../../train/mod.ts";

/** Images, encoders of the same sizes, and how long may be spent on them. */
export interface FeatureInputs {
  readonly backend: Backend;
  readonly model: ModelSpec;
  readonly encoders: readonly DeviceTensors[];
  readonly train: ImageSource;
  readonly validation: ImageSource;
  readonly most: { readonly train: number; readonly validation: number };
  readonly unreadable: BadImages;
  /** Threads that make images ready; the main thread without any. */
  readonly workers?: ImageWorkers | undefined;
  /** Test for time for more, after so many training and validation images; rank 0's counts. */
  readonly goesOn: (train: number, validation: number) => boolean;
}

/** Features of both kinds of images in the order of their sources. */
export interface EvaluationFeatures {
  readonly known: LabelledFeatures;
  readonly asked: LabelledFeatures;
}

/** Operations of a batch at most, so that the clock is looked at often. */
const BATCH_FLOPS = 5e10;

const BATCH = 100;

/** Both kinds of images in one source, first the training images. */
function joined(train: ImageSource, validation: ImageSource): ImageSource {
  const at = <A>(index: number, of: (source: ImageSource, i: number) => A): A =>
    index < train.length
      ? of(train, index)
      : of(validation, index - train.length);
  return {
    ...train,
    length: train.length + validation.length,
    label: (index) => at(index, (source, i) => source.label(i)),
    imageName: (index) => at(index, (source, i) => source.imageName(i)),
    read: (index) => at(index, (source, i) => source.read(i)),
  };
}

/** Some indices of a source, the same ones each time; all where there are no more. */
const someOf = (length: number, most: number, from: number): number[] =>
  [...permutation(rootKey(0), length).subarray(0, most)]
    .map((index) => from + index);

/** The images in such an order that any first part of them is a fair sample of both kinds. */
function mixedOrder({ train, validation, most }: FeatureInputs): Int32Array {
  const all = [
    ...someOf(train.length, most.train, 0),
    ...someOf(validation.length, most.validation, train.length),
  ];
  const order = permutation(rootKey(1), all.length);
  return Int32Array.from(order, (place) => all[place] ?? -1);
}

/** Rows of one kind, in the order of their source. */
function rowsOf(
  rows: LabelledFeatures,
  indices: readonly number[],
  isWanted: (index: number) => boolean,
): LabelledFeatures {
  const places = indices.map((_, place) => place)
    .filter((place) => isWanted(indices[place] ?? -1))
    .sort((a, b) => (indices[a] ?? 0) - (indices[b] ?? 0));
  return selectPoints(rows, Int32Array.from(places));
}

/** Batches of the images in some order; validation images that cannot be read are noted. */
function batchesOf(
  { train, validation, model, unreadable, workers }: FeatureInputs,
  order: Int32Array,
  batchSize: number,
  ranks: Ranks | null,
): Result<TrainError, SharedBatches> {
  const { imageSize, inChannels } = model;
  const { normalization } = train;
  const transform = evalTransform({ imageSize, inChannels, normalization });
  if (transform._tag === "Left") {
    const error: DataError = { _tag: "BadOptions", faults: transform.left };
    return left({ _tag: "DataFailed", error });
  }
  const bad = badImages(order.length);
  const noting: BadImages = {
    list: bad.list,
    note: (one) => {
      const index = (order[one.index] ?? -1) - train.length;
      // Training has listed those that it met.
      if (index >= 0) unreadable.note({ ...one, index });
      return bad.note(one);
    },
  };
  const source = selectImages(joined(train, validation), order);
  return right(sharedBatches({
    ...{ source, transform: transform.right, batchSize, workers },
    ...{ recycles: true, badImages: noting },
  }, ranks));
}

/** Images of a batch: fewer of a large model. */
function batchSizeOf(
  model: ModelSpec,
  encoders: number,
  images: number,
): number {
  const one = featureGraph(model, 1);
  const flops = one._tag === "Right" ? encoders * graphFlops(one.right) : 0;
  const most = Math.max(1, Math.floor(BATCH_FLOPS / Math.max(1, flops)));
  return Math.min(BATCH, most, images);
}

/** Test for time for more images in some order. */
function clockIn(
  order: Int32Array,
  { train, goesOn }: FeatureInputs,
): (places: readonly number[]) => boolean {
  let [seen, known] = [0, 0];
  return (places) => {
    for (; seen < places.length; seen++) {
      if ((order[places[seen] ?? -1] ?? Infinity) < train.length) known++;
    }
    return goesOn(known, seen - known);
  };
}

/**
 * Features of images by each encoder, those that neighbours are looked for by, and their pixels, while there
 * is time by the clock of rank 0. Each image is read once; omitted images are drawn from
 * both kinds alike.
 *
 * @returns Features by each encoder, then the pixels of the images, at most 32 × 32; or
 * the first error.
 */
export async function evaluationFeatures(
  inputs: FeatureInputs,
  options: SharedWork,
): Promise<Result<TrainError, readonly EvaluationFeatures[]>> {
  const { backend, model, encoders, train, validation } = inputs;
  const images = train.length + validation.length;
  const batchSize = batchSizeOf(model, encoders.length, images);
  const order = mixedOrder(inputs);
  const shared = batchesOf(inputs, order, batchSize, options.ranks ?? null);
  if (shared._tag === "Left") return shared;
  const { batches, noted } = shared.right;
  const work = { ...options, goesOn: clockIn(order, inputs) };
  const graph = featureGraph(model, batchSize, neighbourFeature(model));
  const found = await noted(
    await withProgram(backend, graph, (program) => {
      const rows = encoders.map((encoder) =>
        programRow(backend, program, encoder)
      );
      return rowsOfImages([...rows, pixelRow(model)], batches, work);
    }),
  );
  if (found._tag === "Left") return found;
  return right(found.right.map((one) => {
    const indices = Array.from(one.indices, (place) => order[place] ?? -1);
    return {
      known: rowsOf(one, indices, (index) => index < train.length),
      asked: rowsOf(one, indices, (index) => index >= train.length),
    };
  }));
}
