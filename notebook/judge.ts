/** What an encoder of a run has learned, by the neighbours of its features. */
import type { Backend, DeviceTensors } from "../backends/mod.ts";
import { type ModelSpec, percent, type PretrainConfig } from "../core/mod.ts";
import {
  DRAW_KEY,
  evalTransform,
  type ImageSource,
  labelledImages,
  loadAll,
  shareSource,
} from "../data/mod.ts";
import {
  disposeAll,
  featureGraph,
  type HostTensors,
  KNN_VOTE,
  knnAccuracy,
  type LabelledFeatures,
  mostFrequentShare,
  orThrow,
  pixelRow,
  programRow,
  rowsOfImages,
  uploadEncoder,
  withProgram,
} from "../train/mod.ts";
import { type Table, table } from "./table.ts";

/** Images of a batch of features. */
const BATCH = 100;

/** A part of a source, or all of it where it has no more images. */
export const someOf = (source: ImageSource, most: number): ImageSource =>
  orThrow(shareSource(source, Math.min(most, source.length), DRAW_KEY));

/** Images as the model sees them, without augmentation. */
function batchesOf(
  source: ImageSource,
  { imageSize, inChannels }: ModelSpec,
  batchSize: number,
) {
  const { normalization } = source;
  const format = { imageSize, inChannels, normalization };
  const transform = orThrow(evalTransform(format));
  return loadAll({ source, transform, batchSize });
}

/**
 * Features of images by encoders of the same sizes, the means of their patch tokens after
 * the last block; and their small pixels as rows, too. Each image is read once.
 *
 * @param encoders Parameters on that device.
 * @returns Rows by each encoder, then the pixels.
 */
export async function rowsBy(
  backend: Backend,
  model: ModelSpec,
  encoders: readonly DeviceTensors[],
  source: ImageSource,
): Promise<readonly LabelledFeatures[]> {
  const size = Math.min(BATCH, source.length);
  const rows = await withProgram(
    backend,
    featureGraph(model, size),
    (program) => {
      const makers = encoders.map((encoder) =>
        programRow(backend, program, encoder)
      );
      const batches = batchesOf(source, model, size);
      return rowsOfImages([...makers, pixelRow(model)], batches);
    },
  );
  return orThrow(rows);
}

/** What is judged. */
export interface Judged {
  /** Engine. */
  readonly backend: Backend;
  /** Sizes of the model. */
  readonly model: PretrainConfig["model"];
  /** The encoder as it is now, on that device. */
  readonly parameters: DeviceTensors;
  /** The encoder before its first step. */
  readonly untrained: HostTensors;
  /** Images among which neighbours are looked for. */
  readonly known: ImageSource;
  /** Images whose classes are asked for; the encoder never learned from them. */
  readonly asked: ImageSource;
}

/** How often the nearest neighbours name the right class. */
export interface Judgement extends Table {
  /** By the encoder as it is now, a part of the images that were asked for. */
  readonly trained: number;
  /** By the encoder before its first step. */
  readonly untrained: number;
  /** By the pixels themselves, 32 to a side at most. */
  readonly pixels: number;
  /** Part of the images that are of the most frequent class: what a guess finds. */
  readonly guessed: number;
}

const judgement = (
  shares: Omit<Judgement, keyof Table>,
  images: number,
): Judgement => ({
  ...table([
    ["features of the encoder", shares.trained],
    ["features before its first step", shares.untrained],
    ["the pixels themselves", shares.pixels],
    ["always the most frequent class", shares.guessed],
  ].map(([by, share]) => ({
    "neighbours by": String(by),
    [`right, of ${images} images`]: percent(Number(share)),
  }))),
  ...shares,
});

/**
 * Names the classes of images by the weighted vote of their 20 nearest neighbours.
 *
 * @throws {Error} Where images have no classes or cannot be read.
 */
export async function judged(
  { backend, model, parameters, untrained, known, asked }: Judged,
): Promise<Judgement> {
  const sources = [labelledImages(known), labelledImages(asked)] as const;
  const classes = known.classNames?.length ?? 0;
  if (classes < 2 || sources.some(({ length }) => length === 0)) {
    throw new Error(
      "Cannot judge by neighbours: the images have no classes; folders named after classes give them some",
    );
  }
  const first = uploadEncoder(backend, model, untrained);
  try {
    const encoders = [parameters, first];
    const points = await rowsBy(backend, model, encoders, sources[0]);
    const questions = await rowsBy(backend, model, encoders, sources[1]);
    const shares: number[] = [];
    for (const [i, among] of points.entries()) {
      const found = await knnAccuracy(among, questions[i]!, classes, KNN_VOTE, {
        backend,
      });
      shares.push(orThrow(found));
    }
    const [trained = NaN, before = NaN, pixels = NaN] = shares;
    const labels = questions[0]?.labels ?? [];
    const guessed = mostFrequentShare(labels);
    return judgement(
      { trained, untrained: before, pixels, guessed },
      labels.length,
    );
  } finally {
    disposeAll(first.values());
  }
}
