/** Sizes of some images of a source, by their headers. */
import { admitImage } from "../decode/image_budget.ts";
import type { ImageSource } from "../image/image_source.ts";
import type { Size } from "../image/raw_image.ts";
import { spread } from "../sources/inspect_files.ts";

/** An image that was looked at. */
export interface SeenImage extends Size {
  /** True if its pixels may be transparent. */
  readonly hasAlpha: boolean;
}

/** Images that are looked at, evenly spread where there are more. */
const MOST_LOOKED = 64;

async function seen(
  source: ImageSource,
  index: number,
): Promise<SeenImage | null> {
  try {
    const read = await source.read(index);
    if (read._tag === "Left") return null;
    const image = read.right;
    if (image._tag === "RawImage") return { ...sizeOf(image), hasAlpha: false };
    const { header } = admitImage(image);
    return { ...sizeOf(header), hasAlpha: header.hasAlpha };
  } catch {
    // What cannot be read is found when it is loaded.
    return null;
  }
}

const sizeOf = ({ width, height }: Size): Size => ({ width, height });

/**
 * Looks at some images of a source. Headers are read and nothing is decoded.
 *
 * @returns Up to 64 of them, `null` for one that cannot be read.
 */
export async function lookAtImages(
  source: ImageSource,
): Promise<readonly (SeenImage | null)[]> {
  const found: (SeenImage | null)[] = [];
  for (const index of spread(source.length, MOST_LOOKED)) {
    found.push(await seen(source, index));
  }
  return found;
}

/**
 * Side of a square in the typical image of a source: the median of the shorter sides of
 * those that were looked at.
 *
 * @returns Pixels; `null` where none could be read.
 */
export async function typicalSide(source: ImageSource): Promise<number | null> {
  const sides = (await lookAtImages(source))
    .filter((image) => image !== null)
    .map(({ width, height }) => Math.min(width, height))
    .toSorted((a, b) => a - b);
  return sides[Math.floor(sides.length / 2)] ?? null;
}
