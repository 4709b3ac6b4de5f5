/**
 * The images of a run that goes on.
 *
 * @module
 */
import type { ImageSource } from "../../data/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { describeImages } from "../command/describe_errors.ts";
import { openImages, type PretrainImages } from "./images.ts";
import {
  type ImageChoice,
  imagesDiffer,
  otherContents,
  type RememberedImages,
  rememberedImages,
} from "./images_file.ts";

/** The images that a run asks for, and those that it had if it goes on. */
export interface ImagesOfRun extends ImageChoice {
  /** The run that goes on; `null` for a new one. */
  readonly earlier: {
    readonly images: RememberedImages;
    /** Whether they may have changed under the same names. */
    readonly allowDataChange: boolean;
  } | null;
}

/** Whether they are those that the run had. */
function areThose(
  { train }: PretrainImages,
  settings: ImagesOfRun,
): boolean {
  const before = settings.earlier?.images;
  return before === undefined ||
    imagesDiffer(rememberedImages(settings, train), before, train) === null;
}

/**
 * Opens the images of a run, new or begun. A run from before parts were drawn by class
 * may have kept images away although there is a part to judge by: one without classes
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

/**
 * Refuses images that are not those of the run that is to go on; says what was mended.
 */
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
