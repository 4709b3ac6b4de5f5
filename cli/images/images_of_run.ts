/** The images of a run that goes on. */
import { printable } from "../../core/mod.ts";
import { changedContents, type ImageSource } from "../../data/mod.ts";
import {
  haveSameNames,
  type ImageChoice,
  type RememberedImages,
  rememberedImages,
} from "../../train/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { describeImages } from "../command/describe_errors.ts";
import { openImages, type PretrainImages } from "./images.ts";

/** The images that a run asks for, and those that it had if it goes on. */
export interface ImagesOfRun extends ImageChoice {
  /** The run that goes on; `null` for a new one. */
  readonly earlier: {
    readonly images: RememberedImages;
    /** Permission for them to have changed under the same names. */
    readonly allowDataChange: boolean;
  } | null;
}

/**
 * Difference between images and those of an earlier run.
 *
 * @returns `null` if they have the same names in the same order, and lie on the same
 * background.
 */
export function imagesDiffer(
  now: RememberedImages,
  before: RememberedImages,
  source: ImageSource,
): string | null {
  if (!haveSameNames(now, before, source)) return otherNames(now, before);
  const { background } = before;
  return now.background === background
    ? null
    : `--background: found ${now.background}, wanted ${background}, as it had`;
}

function otherNames(now: RememberedImages, before: RememberedImages): string {
  return now.found === before.found
    ? `its images had other names: ${before.found}`
    : `it learned from ${before.found}; here are ${now.found}`;
}

/** Part of the images that may have been mended since. */
const MENDED = 0.01;

/** Changes of images under the same names. */
export interface OtherContents {
  readonly words: string;
  /** True for no more than may have been mended: one, or 1 %. */
  readonly isMended: boolean;
}

/**
 * Changes of images under the same names, as far as their sizes and a sample
 * of their contents tell.
 *
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

function areThose({ train }: PretrainImages, settings: ImagesOfRun): boolean {
  const before = settings.earlier?.images;
  return before === undefined ||
    imagesDiffer(rememberedImages(settings, train), before, train) === null;
}

/**
 * Opens the images of a run, new or begun. A run from before parts were drawn by class
 * may have kept images away although there is a validation part: one without classes
 * was taken, or one of that name was not known. Where its images are found only so, it
 * keeps them.
 *
 * @throws {CommandFailed} where there are no such images.
 */
export async function imagesOfRun(
  settings: ImagesOfRun,
): Promise<PretrainImages> {
  const { data, limit, earlier } = settings;
  const opened = await openImages(data, limit, settings);
  const images = must(opened, describeImages);
  const isOld = earlier?.images.heldOut === "over all";
  if (!isOld || areThose(images, settings)) return images;
  const choice = { ...settings, ownPart: false };
  const kept = await openImages(data, limit, choice);
  return kept._tag === "Right" && areThose(kept.right, settings)
    ? kept.right
    : images;
}

/** Refuses images that are not those of the run that is to go on; says what was mended. */
export function refuseOtherImages(
  { earlier }: ImagesOfRun,
  images: RememberedImages,
  train: ImageSource,
  say: (line: string) => void,
): void {
  if (earlier === null) return;
  const { images: before, allowDataChange } = earlier;
  const different = imagesDiffer(images, before, train);
  if (different !== null) refuse(`Cannot go on with that run: ${different}`);
  const other = otherContents(images, before, train);
  if (other === null) return;
  if (!other.isMended && !allowDataChange) {
    refuse(
      `Cannot go on with that run: ${other.words}\nto go on with the changed images, add --allow-data-change`,
    );
  }
  say(`images: changed since: ${other.words}`);
}
