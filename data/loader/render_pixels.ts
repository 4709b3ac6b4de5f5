/** From an image in memory to the numbers that the model sees. */
import type { EncodedImage, RawImage, Size } from "../image/raw_image.ts";
import { DecoderMissing } from "../report/blameless.ts";
import type { ImageFormat } from "../transforms/transform.ts";
import type { View } from "../transforms/view.ts";
import { type PixelTarget, viewWriter } from "../transforms/write_view.ts";

/** The view of an image, given its size. */
export type ViewAt = (size: Size) => View;

/** Writes one image, `[C, H, W]`, into the part of a batch that is its own. */
export type RenderImage<Image> = (
  image: Image,
  viewAt: ViewAt,
  target: PixelTarget,
) => Promise<void>;

/** A way to bring images into the format of a model, on this thread. */
export type MakeRenderer = (
  format: ImageFormat,
) => RenderImage<RawImage | EncodedImage>;

/**
 * A function that brings images in memory into the format of a model. It knows no decoder,
 * and so runs where there is none, as in a page: there a source decodes what it reads.
 *
 * @returns Writes `(level / 255 − mean) / deviation` for each channel and pixel, or the
 * level alone where the target holds bytes. It rejects with `DecoderMissing` if an image is
 * not decoded.
 */
export function pixelRenderer(
  format: ImageFormat,
): RenderImage<RawImage | EncodedImage> {
  const write = viewWriter(format);
  return (image, viewAt, target) => {
    if (image._tag === "EncodedImage") {
      const reason = "their source gives files, wanted pixels";
      return Promise.reject(new DecoderMissing(reason));
    }
    const view = viewAt(image);
    write({ image, view, box: view.crop }, target);
    return Promise.resolve();
  };
}
