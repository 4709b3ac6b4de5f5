/**
 * Pixels inside an SVG.
 *
 * @module
 */

/** Pixels of an image as they are shown. */
export interface PictureImage {
  /** Pixels from left to right. */
  readonly width: number;
  /** Pixels from top to bottom. */
  readonly height: number;
  /** 1 for grey, 3 for red, green, blue. */
  readonly channels: 1 | 3;
  /** `[height, width, channels]`, row-major. */
  readonly pixels: Uint8Array;
}

/**
 * The image as a lossless data URI, so that a picture needs no second file.
 *
 * @param image As many pixels as its sizes say; sharp rejects the promise otherwise.
 * @returns `data:image/png;base64,…`.
 */
export async function pngDataUri(image: PictureImage): Promise<string> {
  const { width, height, channels } = image;
  // Loaded when it is needed: it is native code.
  const { default: sharp } = await import("sharp");
  const png = await sharp(image.pixels, { raw: { width, height, channels } })
    .png().toBuffer();
  return `data:image/png;base64,${png.toString("base64")}`;
}
