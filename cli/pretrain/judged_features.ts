/** Features of as many images as there is time for. */
import type { Backend, DeviceTensors } from "../../backends/mod.ts";
import {
  graphFlops,
  left,
  type ModelSpec,
  permutation,
  type Result,
  right,
  rootKey,
} from "../../core/mod.ts";
import {
  type BadImages,
  badImages,
  type Batch,
  type DataError,
  evalTransform,
  type ImageSource,
  type ImageWorkers,
  loadAll,
  selectImages,
} from "../../data/mod.ts";
import {
  compileGraph,
  featureGraph,
  joinedNumbers,
  type LabelledFeatures,
  programRows,
  selectPoints,
  type TrainError,
  type WorkOptions,
} from "../../train/mod.ts";

/** Images, encoders of the same sizes, and how long may be spent on them. */
export interface JudgingInputs {
  readonly backend: Backend;
  readonly model: ModelSpec;
  readonly encoders: readonly DeviceTensors[];
  readonly train: ImageSource;
  readonly queries: ImageSource;
  readonly most: { readonly train: number; readonly queries: number };
  readonly unreadable: BadImages;
  /** Threads that make images ready; the main thread without any. */
  readonly workers?: ImageWorkers | undefined;
  /** Test for time for more, after so many images to learn from and to judge by. */
  readonly goesOn: (train: number, queries: number) => boolean;
}

/** Features of both kinds of images in the order of their sources. */
export interface JudgedFeatures {
  readonly known: LabelledFeatures;
  readonly asked: LabelledFeatures;
}

/** Operations of a batch at most, so that the clock is looked at often. */
const BATCH_FLOPS = 5e10;

const BATCH = 100;

/** Both kinds of images in one source, first those to learn from. */
function joined(train: ImageSource, queries: ImageSource): ImageSource {
  const at = <A>(index: number, of: (source: ImageSource, i: number) => A): A =>
    index < train.length ? of(train, index) : of(queries, index - train.length);
  return {
    ...train,
    length: train.length + queries.length,
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
function mixedOrder({ train, queries, most }: JudgingInputs): Int32Array {
  const all = [
    ...someOf(train.length, most.train, 0),
    ...someOf(queries.length, most.queries, train.length),
  ];
  const order = permutation(rootKey(1), all.length);
  return Int32Array.from(order, (place) => all[place] ?? -1);
}

/** Side of images whose pixels are compared, at most. */
export const SMALL_SIDE = 32;

/**
 * Means of the pixels under each cell of a smaller grid: cell `i` of `s` covers the rows
 * and columns from `⌊i·S/s⌋` to `⌈(i + 1)·S/s⌉`.
 *
 * @param images `[B, C, S, S]`.
 * @param side `S`.
 * @param most Side of the small images at most; smaller ones stay as they are.
 * @returns `[B, C, s, s]` with `s = min(S, most)`.
 */
export function smallPixels(
  images: Float32Array,
  side: number,
  most: number = SMALL_SIDE,
): Float32Array {
  if (side <= most) return images.slice();
  const planes = images.length / side ** 2;
  const out = new Float32Array(planes * most ** 2);
  const cells = Array.from({ length: most }, (_, i) => [
    Math.floor(i * side / most),
    Math.ceil((i + 1) * side / most),
  ]) as readonly (readonly [from: number, to: number])[];
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    const first = plane * side ** 2;
    for (const [top, bottom] of cells) {
      for (const [left, right] of cells) {
        let sum = 0;
        for (let y = top; y < bottom; y++) {
          const row = first + y * side;
          for (let x = left; x < right; x++) sum += images[row + x]!;
        }
        out[at++] = sum / ((bottom - top) * (right - left));
      }
    }
  }
  return out;
}

/** Images that were read, in that order. */
interface Read {
  readonly indices: number[];
  /** Small pixels of each batch. */
  readonly pixels: Float32Array[];
}

/** Passes batches on while there is time, and notes what they are of. */
async function* noted(
  batches: AsyncIterable<Result<DataError, Batch>>,
  order: Int32Array,
  { train, model, goesOn }: JudgingInputs,
  { indices, pixels }: Read,
): AsyncGenerator<Result<DataError, Batch>> {
  let known = 0;
  for await (const batch of batches) {
    if (batch._tag === "Right") {
      const own = Array.from(batch.right.indices, (i) => order[i] ?? -1);
      indices.push(...own);
      known += own.filter((index) => index < train.length).length;
      pixels.push(smallPixels(batch.right.images, model.imageSize));
    }
    yield batch;
    if (!goesOn(known, indices.length - known)) return;
  }
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

/** Numbers of several arrays as the rows of the images that were read. */
function pixelRows(
  { pixels }: Read,
  { labels }: LabelledFeatures,
): LabelledFeatures {
  const features = joinedNumbers(pixels);
  const width = features.length / Math.max(1, labels.length);
  return { features, width, labels };
}

/** Batches of the images in a mixed order; those to judge by that cannot be read are noted. */
function batchesOf(
  inputs: JudgingInputs,
  batchSize: number,
  read: Read,
): Result<TrainError, AsyncGenerator<Result<DataError, Batch>>> {
  const { train, queries, model, unreadable, workers } = inputs;
  const { imageSize, inChannels } = model;
  const { normalization } = train;
  const transform = evalTransform({ imageSize, inChannels, normalization });
  if (transform._tag === "Left") {
    const error: DataError = { _tag: "BadOptions", faults: transform.left };
    return left({ _tag: "DataFailed", error });
  }
  const order = mixedOrder(inputs);
  const bad = badImages(order.length);
  const batches = loadAll({
    source: selectImages(joined(train, queries), order),
    transform: transform.right,
    batchSize,
    workers,
    recycles: true,
    badImages: {
      list: bad.list,
      note: (one) => {
        const index = (order[one.index] ?? -1) - train.length;
        // Training has listed those that it met.
        if (index >= 0) unreadable.note({ ...one, index });
        return bad.note(one);
      },
    },
  });
  return right(noted(batches, order, inputs, read));
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

/**
 * Features of images by each encoder after its last block, and their pixels, while there
 * is time. Each image is read once; what is left out is drawn from both kinds alike.
 *
 * @returns Features by each encoder, then the pixels of the images, at most 32 × 32; or
 * the first error.
 */
export async function judgedFeatures(
  inputs: JudgingInputs,
  options: WorkOptions,
): Promise<Result<TrainError, readonly JudgedFeatures[]>> {
  const { backend, model, encoders, train, queries } = inputs;
  const images = train.length + queries.length;
  const batchSize = batchSizeOf(model, encoders.length, images);
  const read: Read = { indices: [], pixels: [] };
  const batches = batchesOf(inputs, batchSize, read);
  if (batches._tag === "Left") return batches;
  const graph = featureGraph(model, batchSize);
  const program = await compileGraph(backend, graph);
  if (program._tag === "Left") return program;
  const rows = await programRows(
    backend,
    program.right,
    encoders,
    batches.right,
    options,
  );
  program.right.dispose();
  if (rows._tag === "Left") return rows;
  const [first] = rows.right;
  const all = first === undefined
    ? rows.right
    : [...rows.right, pixelRows(read, first)];
  const { indices } = read;
  return right(all.map((one) => ({
    known: rowsOf(one, indices, (index) => index < train.length),
    asked: rowsOf(one, indices, (index) => index >= train.length),
  })));
}
