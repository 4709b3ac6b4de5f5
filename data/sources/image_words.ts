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

/** A name with its words apart: `JPEGImages` is two of them. */
const wordsApart = (name: string): string =>
  name.replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2");

/**
 * How well a name fits the image that its neighbours are about.
 *
 * @param name A part of a file's name, or the name of a folder or column.
 * @returns 2 for `image` and the like, 0 for masks, depth and what else is about
 * another image, 1 for all other names.
 */
export function imageRank(name: string): 0 | 1 | 2 {
  const apart = wordsApart(name);
  if (ABOUT_OTHERS.test(apart)) return 0;
  return MAIN.test(apart) ? 2 : 1;
}
