/** Images of a source that have an alpha channel. */
import { admitImage } from "../decode/image_budget.ts";
import type { ImageSource } from "../image/image_source.ts";
import { spread } from "../sources/inspect_files.ts";

/** Count of images with an alpha channel among those that were looked at. */
export interface AlphaCount {
  /** Count of those that were looked at. */
  readonly looked: number;
  /** Count of those whose headers say that they have one. */
  readonly withAlpha: number;
}

/** Images that are looked at, evenly spread where there are more. */
const MOST_LOOKED = 64;

/** True if an image can be read and is a file with an alpha channel. */
async function hasAlpha(source: ImageSource, index: number): Promise<boolean> {
  try {
    const read = await source.read(index);
    return read._tag === "Right" && read.right._tag === "EncodedImage" &&
      admitImage(read.right).header.hasAlpha;
  } catch {
    // What cannot be read is found when it is loaded.
    return false;
  }
}

/**
 * Looks at some images of a source: how many have an alpha channel. Headers are read and
 * nothing is decoded, so that the channel may yet be opaque everywhere.
 */
export async function countAlpha(source: ImageSource): Promise<AlphaCount> {
  const chosen = spread(source.length, MOST_LOOKED);
  let withAlpha = 0;
  for (const index of chosen) {
    if (await hasAlpha(source, index)) withAlpha += 1;
  }
  return { looked: chosen.length, withAlpha };
}
