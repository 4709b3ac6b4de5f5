/** Images, as a file or as pixels, and rectangles of pixels. */
import type { Colour } from "./background.ts";

/** Width and height in pixels. */
export interface Size {
  /** Pixels in a row, `≥ 1`. */
  readonly width: number;
  /** Rows, `≥ 1`. */
  readonly height: number;
}

/** A decoded image. */
export interface RawImage extends Size {
  /** Discriminant. */
  readonly _tag: "RawImage";
  /** 1 for grey, 3 for red, green, blue. */
  readonly channels: 1 | 3;
  /** 8-bit samples, `[height, width, channels]` row-major. */
  readonly pixels: Uint8Array;
}

/** The bytes of a file in one of `IMAGE_FORMATS`. */
export interface EncodedImage {
  /** Discriminant. */
  readonly _tag: "EncodedImage";
  /** Whole content of the file. */
  readonly bytes: Uint8Array;
  /**
   * Colour that transparent parts are blended onto; absent where the alpha channel is
   * dropped.
   */
  readonly background?: Colour;
}

/** A number for each pixel. */
export interface Levels extends Size {
  /** `[height, width]`, row-major, from 0 to 255. */
  readonly levels: Uint8Array;
}

/** What the pixels of an image show: the number of a class for each of them. */
export interface ImageMask extends Levels {
  /** Name for messages, for example the path of its file. */
  readonly name: string;
}

/** A rectangle of pixels inside an image. */
export interface PixelBox extends Size {
  /** Column of its left edge. */
  readonly left: number;
  /** Row of its upper edge. */
  readonly top: number;
}

/** Pixels of a part of a picture, in memory that may be used again when they are disposed of. */
export interface DecodedImage extends Disposable {
  /** The pixels. */
  readonly image: RawImage;
  /** The part of the picture that they are. */
  readonly region: PixelBox;
  /** Size of the whole picture. */
  readonly size: Size;
}

/** The box that holds a whole image. */
export function wholeOf({ width, height }: Size): PixelBox {
  return { left: 0, top: 0, width, height };
}

/** True if two sizes are the same. */
export const isSameSize = (a: Size, b: Size): boolean =>
  a.width === b.width && a.height === b.height;

/**
 * Part of an image.
 *
 * @param box Part of it; what lies outside of the image is black.
 * @returns The pixels of the box; the image itself if the box holds all of it.
 */
export function cutOut(image: RawImage, box: PixelBox): RawImage {
  const { left, top, width, height } = box;
  if (
    left === 0 && top === 0 && width === image.width &&
    height === image.height
  ) return image;
  const row = width * image.channels;
  const pixels = new Uint8Array(height * row);
  const [first, last] = [
    Math.max(0, left),
    Math.min(image.width, left + width),
  ];
  const count = Math.max(0, last - first) * image.channels;
  const start = (first - left) * image.channels;
  for (let y = Math.max(0, -top); y < height && top + y < image.height; y++) {
    const from = ((top + y) * image.width + first) * image.channels;
    pixels.set(image.pixels.subarray(from, from + count), y * row + start);
  }
  return { ...image, width, height, pixels };
}
