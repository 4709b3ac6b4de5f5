/** Operations on the pixels of an image, as data. */
import type { RawImage } from "../image/raw_image.ts";
import {
  affine,
  type FillColour,
  type Interpolation,
  rotation,
} from "./affine.ts";
import { brightness, color, contrast, sharpness } from "./enhance.ts";
import {
  autoContrast,
  equalize,
  invert,
  posterize,
  solarize,
  solarizeAdd,
} from "./levels.ts";

/** An operation with its strength. */
export type PixelOp =
  /** Stretches every channel to all levels. */
  | { readonly _tag: "AutoContrast" }
  /** Makes all levels about equally frequent. */
  | { readonly _tag: "Equalize" }
  /** Light for dark. */
  | { readonly _tag: "Invert" }
  /** Turns it counter-clockwise around its middle. */
  | { readonly _tag: "Rotate"; readonly degrees: number }
  /** Keeps the upper bits, 0 to 8. */
  | { readonly _tag: "Posterize"; readonly bits: number }
  /** Inverts the levels from a threshold on, 0 to 256. */
  | { readonly _tag: "Solarize"; readonly threshold: number }
  /** Brightens the levels below 128. */
  | { readonly _tag: "SolarizeAdd"; readonly add: number }
  /** 0 is grey, 1 nothing. */
  | { readonly _tag: "Color"; readonly factor: number }
  /** 0 is flat, 1 nothing. */
  | { readonly _tag: "Contrast"; readonly factor: number }
  /** 0 is black, 1 nothing. */
  | { readonly _tag: "Brightness"; readonly factor: number }
  /** 0 is smooth, 1 nothing. */
  | { readonly _tag: "Sharpness"; readonly factor: number }
  /** Moves row `y` by `factor·y` pixels to the left. */
  | { readonly _tag: "ShearX"; readonly factor: number }
  /** Moves column `x` by `factor·x` pixels up. */
  | { readonly _tag: "ShearY"; readonly factor: number }
  /** Moves it to the left by a part of its width. */
  | { readonly _tag: "TranslateX"; readonly part: number }
  /** Moves it up by a part of its height. */
  | { readonly _tag: "TranslateY"; readonly part: number };

/** Settings of operations beside their strength. */
export interface PixelOpContext {
  /** Interpolation of levels between pixels. */
  readonly interpolation: Interpolation;
  /** Colour that comes in from outside, a level for each channel. */
  readonly fill: FillColour;
}

/**
 * Does an operation, pixel for pixel as PIL does it.
 *
 * @param image The image; it stays as it is.
 */
export function applyPixelOp(
  { interpolation, fill }: PixelOpContext,
  op: PixelOp,
  image: RawImage,
): RawImage {
  const { width, height } = image;
  const mapped = (...map: Parameters<typeof affine>[0]): RawImage =>
    affine(map, interpolation, fill, image);
  switch (op._tag) {
    case "AutoContrast":
      return autoContrast(image);
    case "Equalize":
      return equalize(image);
    case "Invert":
      return invert(image);
    case "Rotate":
      return op.degrees === 0
        ? image
        : mapped(...rotation(op.degrees, width, height));
    case "Posterize":
      return posterize(op.bits, image);
    case "Solarize":
      return solarize(op.threshold, image);
    case "SolarizeAdd":
      return solarizeAdd(op.add, image);
    case "Color":
      return color(op.factor, image);
    case "Contrast":
      return contrast(op.factor, image);
    case "Brightness":
      return brightness(op.factor, image);
    case "Sharpness":
      return sharpness(op.factor, image);
    case "ShearX":
      return mapped(1, op.factor, 0, 0, 1, 0);
    case "ShearY":
      return mapped(1, 0, 0, op.factor, 1, 0);
    case "TranslateX":
      return mapped(1, 0, op.part * width, 0, 1, 0);
    case "TranslateY":
      return mapped(1, 0, 0, 0, 1, op.part * height);
  }
}
