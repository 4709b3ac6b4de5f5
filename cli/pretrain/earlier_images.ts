/**
 * The images of a run that goes on.
 *
 * @module
 */
import type { DataError } from "../../data/mod.ts";
import type { Result } from "../../core/mod.ts";
import { openImages, type PretrainImages } from "../images/images.ts";
import { imagesDiffer, rememberedImages } from "../images/images_file.ts";
import type { Settings } from "./settings.ts";

/** Whether they are those that the run had. */
function areThose(
  { train }: PretrainImages,
  settings: Settings,
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
 * @param settings The run.
 */
export async function imagesOfRun(
  settings: Settings,
): Promise<Result<DataError, PretrainImages>> {
  const { data, limit, earlier } = settings;
  const images = await openImages(data, limit, settings);
  const isOld = earlier?.images.heldOut === "over all";
  if (images._tag === "Left" || !isOld || areThose(images.right, settings)) {
    return images;
  }
  const choice = { ...settings, ownPart: false };
  const kept = await openImages(data, limit, choice);
  return kept._tag === "Right" && areThose(kept.right, settings)
    ? kept
    : images;
}
