/** Features of pictures in one call. */
import {
  type FeatureSpec,
  headInputGraph,
  lastTap,
  type Result,
  right,
} from "../../core/mod.ts";
import { joinedNumbers } from "../engine/tensors.ts";
import { featureGraph, uploadEncoder } from "../evaluate/encoder_features.ts";
import type { TrainError } from "../train_error.ts";
import type { OpenedClassifier } from "../weights/classifier/classifier_parts.ts";
import type { OpenedEncoder } from "../weights/open_encoder.ts";
import { POSITION_TABLE } from "../weights/encoder/encoder_positions.ts";
import {
  type PictureModel,
  type PictureOptions,
  pictureRows,
  type UnreadablePicture,
} from "./picture_rows.ts";
import { type Pictures, preparedPictures } from "./prepared_pictures.ts";
import { uploadClassifier } from "./upload_classifier.ts";

/** Features of pictures. */
export interface PictureFeatures {
  /** A row for each picture that could be read, `[count, width]`, row-major. */
  readonly features: Float32Array;
  /** Numbers of a feature. */
  readonly width: number;
  /** Names of these pictures, for files their paths. */
  readonly paths: readonly string[];
  /** Their numbers among all pictures. */
  readonly indices: Int32Array;
  /** The pictures that could not be read. */
  readonly errors: readonly UnreadablePicture[];
}

/** Options of features of pictures. */
export interface FeatureOptions extends PictureOptions {
  /**
   * The numbers that make a feature; the mean of the last patch tokens by default. A
   * classifier has its own: what its head scores.
   */
  readonly feature?: FeatureSpec;
}

/** The graph of an encoder's features, and its parameters. */
function encoderModel(
  { model, parameters }: OpenedEncoder,
  feature: FeatureSpec,
): PictureModel {
  const positions = parameters.has(POSITION_TABLE) ? "given" : "fixed";
  return {
    graphAt: (batch) => featureGraph(model, batch, feature, positions),
    upload: (backend) => uploadEncoder(backend, model, parameters),
  };
}

/** The graph of what a classifier's head scores, and its parameters. */
const classifierModel = (classifier: OpenedClassifier): PictureModel => ({
  graphAt: (batch) => headInputGraph(classifier, batch),
  upload: (backend) => uploadClassifier(backend, classifier),
});

/**
 * Features that an encoder gives to pictures, which are opened and made ready as its files
 * say: size, normalisation, background.
 *
 * @param encoder The encoder, from `openEncoder`, or a classifier, from `openClassifier`.
 * Fields of it can be replaced, for example `{ ...encoder, resizeSize: 256 }`.
 * @param pictures Files and folders, as `openPictures` takes them, or a source.
 * @param options Definition of the feature, engine, pictures at a time, progress, stop.
 * @returns The features, or the first error; a picture that cannot be read is none.
 *
 * @example Two pictures and one that is not there
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, exportEncoder, features, initialSnapshot, MODEL_PRESETS, openEncoder, orThrow, planOf, selectBackend } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * for (const grey of [0, 200]) await Deno.writeTextFile(`${folder}/${grey}.pgm`, `P2 1 1 255 ${grey} `);
 * const model = MODEL_PRESETS.nano;
 * const config = { ...DEFAULT_PRETRAIN_CONFIG, model };
 * const { parameters } = initialSnapshot(config, orThrow(planOf(config, 10_000)));
 * const normalization = { mean: [0.5], deviation: [0.5] };
 * orThrow(await exportEncoder(`${folder}/nano`, { model, parameters, normalization, resizeSize: 24, title: "Nano", history: [] }));
 *
 * const encoder = orThrow(await openEncoder(`${folder}/nano`));
 * const { backend } = orThrow(await selectBackend("cpu"));
 * const paths = ["0.pgm", "200.pgm", "300.pgm"].map((name) => `${folder}/${name}`);
 * const found = orThrow(await features(encoder, paths, { backend }));
 * backend.dispose();
 * deepStrictEqual([found.features.length, found.width, found.paths.length], [128, 64, 2]);
 * deepStrictEqual(found.errors, [{ path: paths[2], reason: "there is no such file" }]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function features(
  encoder: OpenedEncoder | OpenedClassifier,
  pictures: Pictures,
  options: FeatureOptions = {},
): Promise<Result<TrainError, PictureFeatures>> {
  const prepared = await preparedPictures(pictures, encoder);
  if (prepared._tag === "Left") return prepared;
  const model = "headInput" in encoder
    ? classifierModel(encoder)
    : encoderModel(encoder, options.feature ?? lastTap(encoder.model));
  const parts: Float32Array[] = [];
  const paths: string[] = [];
  const errors: UnreadablePicture[] = [];
  const indices: number[] = [];
  let width = 0;
  for await (const batch of pictureRows(prepared.right, model, options)) {
    if (batch._tag === "Left") return batch;
    parts.push(batch.right.rows);
    width = batch.right.width;
    for (const { path, reason } of batch.right.pictures) {
      if (reason === null) {
        indices.push(paths.length + errors.length);
        paths.push(path);
      } else errors.push({ path, reason });
    }
  }
  return right({
    ...{ features: joinedNumbers(parts), width, paths, errors },
    indices: Int32Array.from(indices),
  });
}
