/** Images that cannot be read: policy, list, and limit. */
import type { DataError } from "../report/data_error.ts";

/**
 * Policy of a loader for an image that cannot be read: put it on a list and go
 * on without it, or end with its error.
 */
export type BadImagePolicy = "skip" | "fail";

/** Largest part of a source that may be skipped; one image always may. */
export const MOST_BAD = 0.01;

/** An image that was skipped. */
export interface BadImage {
  /** Its index in the source. */
  readonly index: number;
  /** Its name. */
  readonly image: string;
  /** The reason. */
  readonly reason: string;
}

/** The images of a source that were skipped so far, in all epochs. */
export interface BadImages {
  /** Each once, in the order in which they were met. */
  list(): readonly BadImage[];
  /**
   * Puts an image on the list, if it is not there yet.
   *
   * @param bad The image.
   * @returns An error if more of the source than may be skipped, and more than one
   * image, is on the list now.
   */
  note(bad: BadImage): DataError | null;
}

/**
 * An empty list of skipped images.
 *
 * @param length Images of the source.
 * @param most Largest part of them that may be skipped, in `[0, 1]`; 1 for any.
 */
export function badImages(length: number, most: number = MOST_BAD): BadImages {
  const met = new Map<number, BadImage>();
  return {
    list: () => [...met.values()],
    note: (bad) => {
      if (!met.has(bad.index)) met.set(bad.index, bad);
      if (met.size <= Math.max(1, most * length)) return null;
      const { image, reason } = bad;
      return { _tag: "TooManyBadImages", bad: met.size, length, image, reason };
    },
  };
}
