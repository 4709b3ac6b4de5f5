/** Map of pictures: those whose features are alike lie near each other. */
import { type ModelSpec, percent } from "../core/mod.ts";
import { type ImageSource, selectImages, shownPixels } from "../data/mod.ts";
import {
  type MapPoint,
  mapThumbnails,
  type PictureImage,
  pictureMap,
} from "../plot/mod.ts";
import {
  type LabelledFeatures,
  orThrow,
  placesOn,
  principalAxes,
} from "../train/mod.ts";
import { type Picture, picture } from "./display.ts";
import { batchesOf } from "./judge.ts";

/** Small pictures on the map, at most. */
const THUMBNAILS = 60;

/** Some images as they are shown, by their number. */
async function picturesOf(
  source: ImageSource,
  model: ModelSpec,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, PictureImage>> {
  const side = model.imageSize;
  const channels = model.inChannels === 1 ? 1 : 3;
  const chosen = selectImages(source, Int32Array.from(numbers));
  const found: PictureImage[] = [];
  for await (const batch of batchesOf(chosen, model, 1)) {
    const { images } = orThrow(batch);
    const pixels = shownPixels(images, channels, source.normalization);
    found.push({ width: side, height: side, channels, pixels });
  }
  return new Map(found.map((image, i) => [numbers[i] ?? -1, image]));
}

/**
 * Draws images on the two axes along which their features differ most.
 *
 * @param source The images.
 * @param features A feature of each, in the same order.
 * @param step Steps after which the encoder gave them.
 */
export async function mapOf(
  source: ImageSource,
  model: ModelSpec,
  features: LabelledFeatures,
  step: number,
): Promise<Picture> {
  const axes = orThrow(principalAxes(features, 2));
  const places = placesOn(axes, features);
  const points = Array.from(features.labels, (label, i): MapPoint => ({
    x: places[2 * i] ?? 0,
    y: places[2 * i + 1] ?? 0,
    label: label < 0 ? null : label,
  }));
  const [across = 0, up = 0] = axes.variances;
  const thumbnails = await picturesOf(
    source,
    model,
    mapThumbnails(points, THUMBNAILS),
  );
  const title =
    `${points.length} pictures by their features after ${step} steps`;
  const note = `the two axes show ${
    percent((across + up) / axes.totalVariance, 0)
  } of how the features differ`;
  const names = source.classNames ?? [];
  const svg = await pictureMap({ title, note, names, points, thumbnails });
  return picture(svg, `${title}; ${note}`);
}
