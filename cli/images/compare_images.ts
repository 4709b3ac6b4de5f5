/**
 * How images differ from those of an earlier run, in words.
 *
 * @module
 */
import { printable } from "../../core/mod.ts";
import { changedContents, type ImageSource } from "../../data/mod.ts";
import { haveSameNames, type RememberedImages } from "../../train/mod.ts";

/**
 * How images differ from those of an earlier run.
 *
 * @param now What is to be remembered of the images.
 * @param before What was.
 * @param source The images.
 * @returns `null` if they have the same names in the same order.
 */
export function imagesDiffer(
  now: RememberedImages,
  before: RememberedImages,
  source: ImageSource,
): string | null {
  if (haveSameNames(now, before, source)) return null;
  return now.found === before.found
    ? `its images had other names: ${before.found}`
    : `it learned from ${before.found}; here are ${now.found}`;
}

/** Part of the images that may have been mended since. */
const MENDED = 0.01;

/** What is known of images that are other ones under the same names. */
export interface OtherContents {
  /** In words. */
  readonly words: string;
  /** Whether they are no more than were mended: one, or 1 %. */
  readonly isMended: boolean;
}

/**
 * What has changed of images under the same names, as far as their sizes and a sample
 * of their contents tell.
 *
 * @param now The images.
 * @param before Those of an earlier run.
 * @param source The images, for their names.
 * @returns `null` if nothing has, or nothing is known.
 */
export function otherContents(
  { contents: now }: RememberedImages,
  { contents: before }: RememberedImages,
  source: ImageSource,
): OtherContents | null {
  const known = now === undefined || before === undefined
    ? null
    : changedContents(before, now);
  const [first] = known?.changed ?? [];
  if (known === null || first === undefined) return null;
  const { parts, changed } = known;
  const name = source.imageName(Math.floor(first * source.length / parts));
  const what = parts === source.length ? "images" : "parts of the images";
  const words =
    `${changed.length} of ${parts} ${what} have other sizes or contents under the same names, the first at ${name}`;
  const isMended = changed.length <= Math.max(1, MENDED * parts);
  return { words: printable(words), isMended };
}
