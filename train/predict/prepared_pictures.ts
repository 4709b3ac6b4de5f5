/** Pictures made ready as a model wants them: the one place where that is decided. */
import { left, type ModelSpec, type Result, right } from "../../core/mod.ts";
import {
  type EvalTransform,
  evalTransform,
  type ImageSource,
  type Normalization,
  normalizationFor,
  openPictures,
} from "../../data/mod.ts";
import type { TrainError } from "../train_error.ts";
import type { ImagePreparation } from "../weights/image_preparation.ts";

/** Pictures: files and folders, one of them, or a source. */
export type Pictures = string | readonly string[] | ImageSource;

/** A model and how its images are made ready, as far as its files say it. */
export interface PreparingModel extends ImagePreparation {
  /** Side and channels of its images. */
  readonly model: Pick<ModelSpec, "imageSize" | "inChannels">;
  /** Statistics that its images are normalised with; `null` for those of the pictures' source. */
  readonly normalization: Normalization | null;
}

/** Pictures as they are loaded. */
export interface PreparedPictures {
  /** The pictures, on their background. */
  readonly source: ImageSource;
  /** What is done to them; nothing of it is random. */
  readonly transform: EvalTransform;
}

const isSource = (pictures: Pictures): pictures is ImageSource =>
  typeof pictures === "object" && "read" in pictures;

/** Opens pictures by their paths, if they are not open. */
const opened = async (
  pictures: Pictures,
): Promise<Result<TrainError, ImageSource>> => {
  if (isSource(pictures)) return right(pictures);
  const paths = typeof pictures === "string" ? [pictures] : pictures;
  const source = await openPictures(paths);
  return source._tag === "Right"
    ? source
    : left({ _tag: "DataFailed", error: source.left });
};

/**
 * Opens pictures as a model wants them: the shorter side resized and the middle cut out as
 * its files say (its own side where they say nothing), its normalisation, transparent parts
 * on its background (the mean colour where nothing says another).
 *
 * @param pictures Files and folders (`openPictures`), or a source.
 * @returns Source and transform, or what is wrong with either.
 */
export async function preparedPictures(
  pictures: Pictures,
  { model, normalization: stated, resizeSize, background }: PreparingModel,
): Promise<Result<TrainError, PreparedPictures>> {
  const source = await opened(pictures);
  if (source._tag === "Left") return source;
  const { imageSize, inChannels } = model;
  const normalization = normalizationFor(
    stated ?? source.right.normalization,
    inChannels === 1 ? 1 : 3,
  );
  const transform = evalTransform({
    ...{ imageSize, inChannels, normalization },
    ...resizeSize === undefined ? {} : { resizeSize },
  });
  if (transform._tag === "Left") {
    return left({ _tag: "BadConfig", faults: transform.left });
  }
  const behind = background ?? source.right.background ?? "mean";
  return right({
    source: { ...source.right, background: behind },
    transform: transform.right,
  });
}
