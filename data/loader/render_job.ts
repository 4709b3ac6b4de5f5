/**
 * What the loader and its workers tell each other.
 *
 * @module
 */
import type { EncodedImage, RawImage } from "../image/image_source.ts";
import type { ViewRule } from "../transforms/view_rule.ts";

/** One image to be made ready. */
export interface RenderJob {
  /** Names the job in the answer. */
  readonly id: number;
  /** The image; its bytes belong to the worker from now on. */
  readonly image: RawImage | EncodedImage;
  /** What becomes of it. */
  readonly rule: ViewRule;
  /** Its index in its source, which crop and flip depend on. */
  readonly index: number;
  /** Where its normalised pixels are written, `[C, H, W]`. */
  readonly pixels: Float32Array<SharedArrayBuffer>;
}

/** What became of a job. */
export interface RenderAnswer {
  /** The job. */
  readonly id: number;
  /** Why the image cannot be decoded, `null` if its pixels are there. */
  readonly reason: string | null;
  /** Whether that is no fault of the image: there is no decoder. */
  readonly isDecoderMissing: boolean;
}
