/** Colour behind what is transparent in an image. */
import { type Normalization, normalizationFor } from "./normalization.ts";

/** Levels of red, green and blue, whole numbers in `[0, 255]`. */
export type Colour = readonly [red: number, green: number, blue: number];

/**
 * Choice of the colour that transparent parts are blended onto: the mean colour of the
 * normalisation, white, or black. `none` drops the alpha channel, so that pixels show
 * the colour that they hide, as torchvision's loader does by `convert("RGB")`.
 */
export type Background = "mean" | "white" | "black" | "none";

/** All choices. */
export const BACKGROUNDS: readonly Background[] = [
  "mean",
  "white",
  "black",
  "none",
];

/** The level nearest to a mean, which may lie outside of `[0, 1]`. */
const levelOf = (mean: number): number =>
  Math.max(0, Math.min(255, Math.round(255 * mean)));

/** The colour nearest to the means: normalised it is 0, to within half a level. */
function meanColour(normalization: Normalization): Colour {
  const [red = 0, green = 0, blue = 0] =
    normalizationFor(normalization, 3).mean;
  return [levelOf(red), levelOf(green), levelOf(blue)];
}

/**
 * The colour that transparent parts are blended onto.
 *
 * @param normalization Statistics that the images are normalised with.
 * @returns `null` where nothing is blended.
 */
export function backgroundColour(
  background: Background,
  normalization: Normalization,
): Colour | null {
  switch (background) {
    case "mean":
      return meanColour(normalization);
    case "white":
      return [255, 255, 255];
    case "black":
      return [0, 0, 0];
    case "none":
      return null;
  }
}
