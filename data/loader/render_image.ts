/**
 * From an image of a source to the numbers that the model sees: first what is decided by
 * its header, then the work, here or in a worker.
 */
import { decodeImage, type Picture } from "../decode/decode_image.ts";
import type { DecodingThread } from "../decode/decode_jpeg.ts";
import {
  admitImage,
  checkUnforeseen,
  decodingBytes,
  decodingMemory,
} from "../decode/image_budget.ts";
import {
  type EncodedImage,
  isSameSize,
  type RawImage,
  type Size,
  wholeOf,
} from "../image/raw_image.ts";
import { disposing } from "../resources/disposing.ts";
import type { ImageFormat } from "../transforms/transform.ts";
import { type CroppedView, PLAIN, type View } from "../transforms/view.ts";
import { viewWriter } from "../transforms/write_view.ts";
import type { RenderImage, ViewAt } from "./render_pixels.ts";

/** An image of which all is decided; data that can be sent to a worker. */
export type PreparedImage = PreparedPixels | PreparedPicture;

/** An image in memory. */
export type PreparedPixels = Omit<CroppedView, "box">;

/** An image file that may be decoded. */
export interface PreparedPicture {
  /** Its file. */
  readonly image: Picture;
  /** View of a picture of the size that its header says. */
  readonly view: View;
  /** Memory that this takes at most, bytes. */
  readonly bytes: number;
}

/** True if an image is a file and costs memory to decode. */
const isPicture = (prepared: PreparedImage): prepared is PreparedPicture =>
  prepared.image._tag === "Picture";

/**
 * Reads the header of an image, chooses its view and reckons what it costs.
 *
 * @throws Error If it may not be decoded, with the reason.
 */
export function prepareImage(
  image: RawImage | EncodedImage,
  viewAt: ViewAt,
): PreparedImage {
  if (image._tag === "RawImage") return { image, view: viewAt(image) };
  const admitted = admitImage(image);
  const { format, header } = admitted;
  const view = viewAt(header);
  const background = header.hasAlpha ? image.background ?? null : null;
  const bytes = decodingBytes(admitted, view, background !== null);
  const { width, height } = header;
  const size = { width, height };
  const picture = header.picture();
  return {
    image: { _tag: "Picture", format, bytes: picture, size, background },
    view,
    bytes,
  };
}

const NOTHING: Disposable = { [Symbol.dispose]: () => {} };

/**
 * Waits until there is memory to decode an image. One that is in memory has it.
 *
 * @returns To be disposed of when it is rendered.
 */
export async function memoryFor(prepared: PreparedImage): Promise<Disposable> {
  return isPicture(prepared) ? await decodingMemory(prepared.bytes) : NOTHING;
}

/**
 * Decodes the part of an image that its view keeps.
 *
 * @param viewAt View of a picture whose size differs from the one that its header
 * says.
 * @returns Pixels, to be disposed of when they were used.
 */
export async function decodePrepared(
  prepared: PreparedImage,
  viewAt: ViewAt,
  thread: DecodingThread,
): Promise<CroppedView & Disposable> {
  if (!isPicture(prepared)) {
    return { ...prepared, box: prepared.view.crop, ...NOTHING };
  }
  const { image: picture, view: foreseen, bytes } = prepared;
  const decoded = await decodeImage(picture, foreseen.crop, thread);
  const { size, region } = decoded;
  const isForeseen = isSameSize(size, picture.size);
  const view = isForeseen ? foreseen : viewAt(size);
  if (!isForeseen) checkUnforeseen(bytes, size, view);
  const left = view.crop.left - region.left;
  const top = view.crop.top - region.top;
  return { ...decoded, view, box: { ...view.crop, left, top } };
}

/** All of a picture, as it is. */
const wholeView = (size: Size): View => {
  const { width, height } = size;
  const whole = wholeOf(size);
  return { crop: whole, scaled: { width, height }, window: whole, ...PLAIN };
};

/**
 * Decodes all of an image file.
 *
 * @throws Error If it may not be decoded or is damaged, with the reason.
 */
export async function decodeWhole(file: EncodedImage): Promise<RawImage> {
  const prepared = prepareImage(file, wholeView);
  return await disposing(
    memoryFor(prepared),
    () =>
      disposing(
        decodePrepared(prepared, wholeView, "aside"),
        // The decoder may use its memory again.
        ({ image }) => ({ ...image, pixels: image.pixels.slice() }),
      ),
  );
}

/**
 * A function that decodes and renders images of which all is decided.
 *
 * @returns Rejects with the decoder's reason if an encoded image is damaged.
 */
export function preparedRenderer(
  format: ImageFormat,
  thread: DecodingThread,
): RenderImage<PreparedImage> {
  const write = viewWriter(format);
  return (prepared, viewAt, target) =>
    disposing(
      decodePrepared(prepared, viewAt, thread),
      (cropped) => write(cropped, target),
    );
}

/**
 * A function that brings images of any kind into the format of a model.
 *
 * @returns Writes `(level / 255 − mean) / deviation` for each channel and pixel, or the
 * level alone where the target holds bytes. It rejects with the reason if an encoded image is damaged or too costly to decode.
 */
export function imageRenderer(
  format: ImageFormat,
): RenderImage<RawImage | EncodedImage> {
  const render = preparedRenderer(format, "aside");
  return async (image, viewAt, target) => {
    const prepared = prepareImage(image, viewAt);
    await disposing(
      memoryFor(prepared),
      () => render(prepared, viewAt, target),
    );
  };
}
