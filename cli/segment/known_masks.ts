/** The masks of images, looked at before anything is computed. */
import { left, type Result, right } from "../../core/mod.ts";
import {
  type BadImages,
  badImages,
  type DataError,
  type ImageSource,
  type SeenMask,
  seenMasks,
} from "../../data/mod.ts";
import type { TrainError, WorkOptions } from "../../train/mod.ts";

/** Numbers that a pixel may have. */
const LEVELS = 256;

/** What the pixels of images are, as the evaluation sees them. */
export interface KnownMasks<A> {
  /** What is kept of the numbers of each image; `null` where they cannot be read. */
  readonly kept: readonly (A | null)[];
  /** Pixels of each number from 0 to 255. */
  readonly counts: Float64Array;
  /** The first mask that has a number, by name. */
  readonly firstOf: ReadonlyMap<number, string>;
  /** Masks that cannot be read; images that cannot are found when they are loaded. */
  readonly bad: BadImages;
}

/** Masks that are looked at one after the other. */
class Looked<A> implements KnownMasks<A> {
  readonly kept: (A | null)[] = [];
  readonly counts = new Float64Array(LEVELS);
  readonly firstOf = new Map<number, string>();
  readonly bad: BadImages;
  readonly #source: ImageSource;
  readonly #keep: (levels: Uint8Array) => A;

  constructor(source: ImageSource, keep: (levels: Uint8Array) => A) {
    this.bad = badImages(source.length);
    this.#source = source;
    this.#keep = keep;
  }

  /** Adds a mask; gives the error that too many cannot be read. */
  add({ index, name, levels }: SeenMask): DataError | null {
    if (levels._tag === "Left") {
      this.kept.push(null);
      return name === this.#source.imageName(index)
        ? null
        : this.bad.note({ index, image: name, reason: levels.left });
    }
    const { counts, firstOf } = this;
    for (const level of levels.right) counts[level]!++;
    counts.forEach((count, level) => {
      if (count > 0 && !firstOf.has(level)) firstOf.set(level, name);
    });
    this.kept.push(this.#keep(levels.right));
    return null;
  }
}

/**
 * Looks at the masks of images.
 *
 * @param source Images with masks.
 * @param size Side of the images, and length of the shorter side before the middle is cut
 * out, pixels.
 * @param keep What is kept of the numbers of an image, `[S, S]`.
 * @returns The masks, or the error that ends them: a mask of another size than its image, or
 * too many that cannot be read.
 */
export async function knownMasks<A>(
  source: ImageSource,
  size: { readonly imageSize: number; readonly resizeSize: number },
  keep: (levels: Uint8Array) => A,
  { signal, onProgress }: WorkOptions,
): Promise<Result<TrainError, KnownMasks<A>>> {
  const looked = new Looked(source, keep);
  for await (const seen of seenMasks(source, size)) {
    const error = seen._tag === "Left" ? seen.left : looked.add(seen.right);
    if (error !== null) return left({ _tag: "DataFailed", error });
    if (signal?.aborted) return left({ _tag: "Stopped" });
    onProgress?.(looked.kept.length);
  }
  return right(looked);
}
