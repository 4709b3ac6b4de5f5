/** Models that suit pictures of a size. */
import {
  MODEL_PRESETS,
  type ModelName,
  type ModelSpec,
  stagesOnGrid,
} from "../models/model_spec.ts";

/** Pictures as far as a recipe depends on them. */
export interface PictureFacts {
  /** Pictures of an epoch, at least 1. */
  readonly count: number;
  /** Side that a square in the typical picture has, pixels: the median of the shorter sides. */
  readonly side: number;
  /** Colour channels: 1 of grey pictures, 3 of others. */
  readonly channels: number;
}

/** Sizes of a model's images that somebody has stated. */
export type StatedSizes = Partial<Pick<ModelSpec, "imageSize" | "patchSize">>;

/** Sides of the images that models see and of their patches: 6 to 14 patches along a side. */
const VIEWS = [
  { imageSize: 24, patchSize: 4 },
  { imageSize: 32, patchSize: 4 },
  { imageSize: 64, patchSize: 8 },
  { imageSize: 128, patchSize: 16 },
  { imageSize: 224, patchSize: 16 },
] as const;

/** The most pixels along a side that a model makes something of: its patches are as wide as it is. */
const MOST_PIXELS: Readonly<Record<ModelName, number>> = {
  "nano": 64,
  "micro": 128,
  "vit-ti": 224,
  "vit-s": 224,
  "vit-b": 224,
  "vit-l": 224,
  "vit-h": 224,
};

/** Enlargement of the typical picture that is no loss worth speaking of. */
const ENLARGED = 9 / 8;

/** The largest view that neither the pictures nor the model are too small for. */
const viewOf = (side: number, most: number): Required<StatedSizes> =>
  VIEWS.findLast(({ imageSize }) =>
    imageSize <= most && imageSize <= ENLARGED * side
  ) ?? VIEWS[0];

/** Patches along a side that a view is cut into where only its size is stated. */
const USUAL_GRID = 10;

/** Side of the patches of images of a size: a divisor that gives an even grid of about ten. */
function patchesIn(imageSize: number): number {
  const grids = Array.from({ length: 32 }, (_, i) => 2 * (i + 1))
    .filter((grid) => imageSize % grid === 0 && imageSize / grid >= 4);
  const distance = (grid: number) => Math.abs(Math.log(grid / USUAL_GRID));
  const best = grids.toSorted((a, b) => distance(a) - distance(b))[0];
  return best === undefined ? imageSize : imageSize / best;
}

/** Images of whole pairs of patches, as large as a view or a little smaller. */
const imagesOf = (patchSize: number, imageSize: number): number =>
  2 * patchSize * Math.max(2, Math.floor(imageSize / (2 * patchSize)));

/** A view with what is stated of it. */
function viewWith(
  view: Required<StatedSizes>,
  { imageSize, patchSize }: StatedSizes,
): Required<StatedSizes> {
  if (imageSize !== undefined) {
    return { imageSize, patchSize: patchSize ?? patchesIn(imageSize) };
  }
  return patchSize === undefined
    ? view
    : { imageSize: imagesOf(patchSize, view.imageSize), patchSize };
}

/** Presets from small to large. */
export const MODEL_NAMES = Object.keys(MODEL_PRESETS) as readonly ModelName[];

/**
 * A preset in the view that suits pictures: the largest that enlarges no typical picture by
 * more than an eighth, and that has no more pixels than the model makes something of.
 *
 * @param pictures Side of the typical picture, and its channels.
 * @param stated Sizes that are kept as they are.
 * @returns A function from a preset to a model; whether it can be built depends on what is
 * stated.
 */
export function pictureModel(
  { side, channels }: Omit<PictureFacts, "count">,
  stated: StatedSizes = {},
): (name: ModelName) => ModelSpec {
  return (name) => {
    const view = viewWith(viewOf(side, MOST_PIXELS[name]), stated);
    const { stages, ...preset } = MODEL_PRESETS[name];
    const grid = view.imageSize / view.patchSize;
    return {
      ...preset,
      ...view,
      inChannels: channels,
      stages: stagesOnGrid(stages, grid),
    };
  };
}
