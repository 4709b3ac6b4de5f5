/** Sources of images: the interface of a data set. */
import type { DataError } from "../report/data_error.ts";
import type { Background } from "./background.ts";
import type { Normalization } from "./normalization.ts";
import type { EncodedImage, ImageMask, RawImage } from "./raw_image.ts";
import type { Result } from "../../core/mod.ts";

/** A part of a data set: training or validation. */
export type Split = "train" | "test";

/**
 * Images that can be read in any order. A source holds no position, so several
 * readers can share it.
 */
export interface ImageSource {
  /** Name for messages, for example a path. */
  readonly name: string;
  /** Contents in words: how many images, which classes, what was skipped. */
  readonly summary: string;
  /** Number of images. */
  readonly length: number;
  /** Names of the classes by label; `null` when no image has a label. */
  readonly classNames: readonly string[] | null;
  /**
   * Fault of labels that are there, in words; `null` or absent where
   * they can, or where there are none.
   */
  readonly labelFault?: string | null;
  /** Statistics of the pixels that the images are normalised with unless told otherwise. */
  readonly normalization: Normalization;
  /**
   * Colour that transparent parts of image files are blended onto when they are loaded;
   * absent as `none`. The mean is that of the normalisation that they are loaded with.
   *
   * @example The same images, on white
   * ```ts
   * import { type ImageSource, openSource, orThrow } from "@vitfreeze/vitfreeze";
   *
   * const onWhite = async (folder: string): Promise<ImageSource> => ({
   *   ...orThrow(await openSource(folder)),
   *   background: "white",
   * });
   * ```
   */
  readonly background?: Background;
  /**
   * Class of an image, known without reading it.
   *
   * @param index Image, in `[0, length)`.
   * @returns Position in `classNames`, or `null` for an image without a label.
   */
  label(index: number): number | null;
  /**
   * Name of an image for messages, for example its path.
   *
   * @param index Image, in `[0, length)`.
   */
  imageName(index: number): string;
  /**
   * Bytes of an image as it is stored, found without reading it; a mean where it is
   * stored with others. Absent where images lie in memory.
   *
   * @param index Image, in `[0, length)`.
   * @returns `null` if that cannot be found.
   */
  bytes?(index: number): Promise<number | null>;
  /**
   * Reads an image.
   *
   * @param index Image, in `[0, length)`.
   * @returns The image, decoded or not, or why it cannot be read.
   */
  read(index: number): Promise<Result<DataError, RawImage | EncodedImage>>;
  /**
   * Reads what the pixels of an image show. Absent where nothing says it of any image.
   *
   * @param index Image, in `[0, length)`.
   * @returns A number for each pixel, or why it cannot be read.
   */
  mask?(index: number): Promise<Result<DataError, ImageMask>>;
}
