/** The pictures that are most similar to others. */
import { realpath } from "node:fs/promises";
import { left, type Result, right } from "../../core/mod.ts";
import { nearestPoints } from "../evaluate/points/nearest_points.ts";
import type { TrainError } from "../train_error.ts";
import type { OpenedClassifier } from "../weights/classifier/classifier_parts.ts";
import type { OpenedEncoder } from "../weights/open_encoder.ts";
import {
  type FeatureOptions,
  features,
  type PictureFeatures,
} from "./features.ts";
import { type UnreadablePicture, workEngine } from "./picture_rows.ts";
import type { Pictures } from "./prepared_pictures.ts";

/** A picture that is near another. */
export interface SimilarPicture {
  /** Its name, for a file the path. */
  readonly path: string;
  /** Its number among the pictures that were searched. */
  readonly index: number;
  /** Cosine similarity of the features, in `[−1, 1]`. */
  readonly similarity: number;
}

/** A picture and those near it. */
export interface SimilarPictures {
  /** Its name, for a file the path. */
  readonly path: string;
  /** Its number among the pictures that were asked for. */
  readonly index: number;
  /** True if it is one of the pictures that were searched: it is left out of those near it. */
  readonly isAmongThem: boolean;
  /** The most similar pictures, most similar first. */
  readonly nearest: readonly SimilarPicture[];
}

/** Similar pictures, and those that could not be read. */
export interface Similarities {
  /** For each picture that was asked for and can be read, in their order. */
  readonly found: readonly SimilarPictures[];
  /** Pictures that were asked for and could not be read. */
  readonly errors: readonly UnreadablePicture[];
  /** Pictures that were to be searched and could not be read. */
  readonly unsearched: readonly UnreadablePicture[];
}

/** Options of a search for similar pictures. */
export interface SimilarOptions extends FeatureOptions {
  /** Pictures wanted for each, `≥ 1`; 8 by default, and no more than there are. */
  readonly most?: number;
}

/** What names a file whatever way leads to it; a name that is no path stands for itself. */
const fileOf = (path: string): Promise<string> =>
  realpath(path).catch(() => path);

/** Places of pictures in a search, by their files. */
async function placesOf(
  { paths }: PictureFeatures,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const files: string[] = [];
  for (const path of paths) files.push(await fileOf(path));
  const places = files.map((file, place) => ({ file, place }));
  return new Map(
    [...Map.groupBy(places, ({ file }) => file)]
      .map(([file, all]) => [file, all.map(({ place }) => place)] as const),
  );
}

/** The nearest of each picture without itself. */
async function withoutThemselves(
  asked: PictureFeatures,
  known: PictureFeatures,
  most: number,
  options: FeatureOptions,
): Promise<Result<TrainError, readonly SimilarPictures[]>> {
  const places = await placesOf(known);
  const own: (readonly number[])[] = [];
  for (const path of asked.paths) {
    own.push(places.get(await fileOf(path)) ?? []);
  }
  const extra = Math.max(0, ...own.map(({ length }) => length));
  const near = await nearestPoints(known, asked, most + extra, options);
  if (near._tag === "Left") return near;
  const { k, indices, similarities } = near.right;
  return right(asked.paths.map((path, i) => {
    const row = Array.from({ length: k }, (_, place) => ({
      place: indices[i * k + place] ?? -1,
      similarity: similarities[i * k + place] ?? NaN,
    }));
    const others = row.filter(({ place }) => !own[i]?.includes(place));
    return {
      ...{ path, index: asked.indices[i] ?? -1 },
      isAmongThem: (own[i]?.length ?? 0) > 0,
      nearest: others.slice(0, most).map(({ place, similarity }) => ({
        path: known.paths[place] ?? "",
        index: known.indices[place] ?? -1,
        similarity,
      })),
    };
  }));
}

/**
 * The pictures that are most similar to others: whose features by an encoder point the
 * same way. A picture that is itself among those that are searched is left out of its own
 * row, and said to be there; a copy of it in another file is not.
 *
 * @param encoder The encoder, from `openEncoder`, or a classifier, from `openClassifier`.
 * @param asked Pictures whose similar ones are wanted.
 * @param searched The pictures that they are looked for in.
 * @param options Number wanted, definition of the feature, engine, progress in pictures of
 * both kinds, stop.
 * @returns Similar pictures, or the first error.
 */
export async function similarPictures(
  encoder: OpenedEncoder | OpenedClassifier,
  asked: Pictures,
  searched: Pictures,
  options: SimilarOptions = {},
): Promise<Result<TrainError, Similarities>> {
  const { most = 8, backend: given, onProgress, ...rest } = options;
  if (!(Number.isInteger(most) && most >= 1)) {
    const wanted = "a whole number of at least 1";
    return left({
      _tag: "BadConfig",
      faults: [{ _tag: "OutOfRange", path: "most", found: most, wanted }],
    });
  }
  const engine = await workEngine(given);
  if (engine._tag === "Left") return engine;
  const { backend, release } = engine.right;
  const work = { ...rest, backend };
  try {
    const own = await features(encoder, asked, { ...work, onProgress });
    if (own._tag === "Left") return own;
    const { errors, paths } = own.right;
    // Nothing is searched for the sake of nothing.
    if (paths.length === 0) return right({ found: [], errors, unsearched: [] });
    const before = paths.length + errors.length;
    const known = await features(encoder, searched, {
      ...work,
      onProgress: (done) => onProgress?.(before + done),
    });
    if (known._tag === "Left") return known;
    const found = await withoutThemselves(
      ...[own.right, known.right, most, work] as const,
    );
    return found._tag === "Left" ? found : right({
      ...{ found: found.right, errors },
      unsearched: known.right.errors,
    });
  } finally {
    release();
  }
}
