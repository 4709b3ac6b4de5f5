/**
 * What names say about images that lie beside other images.
 *
 * @module
 */

const words = (all: string): RegExp =>
  new RegExp(`(^|[^a-z])(${all})s?($|[^a-z])`, "i");

const ABOUT_OTHERS = words(
  "mask|seg|segmentation|depth|normal|label|annotation|edge|canny|alpha|matte|" +
    "instance|semantic|disparity|flow|heatmap|sketch|scribble|pose|thumb|" +
    "thumbnail|trimap|target|gt|ground_truth|conditioning|conditioning_image",
);

const MAIN = words("image|img|rgb|input|photo|picture|original|colou?r");

/**
 * How well a name fits the image that its neighbours are about.
 *
 * @param name A part of a file's name, or the name of a column.
 * @returns 2 for `image` and the like, 0 for masks, depth and what else is about
 * another image, 1 for all other names.
 */
export function imageRank(name: string): 0 | 1 | 2 {
  if (ABOUT_OTHERS.test(name)) return 0;
  return MAIN.test(name) ? 2 : 1;
}
