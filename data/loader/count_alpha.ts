/** Images of a source that have an alpha channel. */
import type { ImageSource } from "../image/image_source.ts";
import { lookAtImages } from "./look_at_images.ts";

/** Count of images with an alpha channel among those that were looked at. */
export interface AlphaCount {
  /** Count of those that were looked at. */
  readonly looked: number;
  /** Count of those whose headers say that they have one. */
  readonly withAlpha: number;
}

/**
 * Looks at some images of a source: how many have an alpha channel. Headers are read and
 * nothing is decoded, so that the channel may yet be opaque everywhere.
 */
export async function countAlpha(source: ImageSource): Promise<AlphaCount> {
  const seen = await lookAtImages(source);
  const withAlpha = seen.filter((image) => image?.hasAlpha).length;
  return { looked: seen.length, withAlpha };
}
