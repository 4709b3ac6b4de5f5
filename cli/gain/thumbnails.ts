/** Pictures of an evaluation as the encoder sees them, small. */
import type { Result } from "../../core/mod.ts";
import type { PictureImage } from "../../plot/mod.ts";
import type { TrainError } from "../../train/mod.ts";
import type { ImagePart } from "../evaluate/features.ts";
import { type ImageView, thumbnails } from "../images/some_images.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import type { OpenedPictures } from "./opened_pictures.ts";

/** The encoder's view of a picture, at another size. */
export function viewOf(
  { encoder: { model }, resizeSize }: Pick<
    OpenedPictures,
    "encoder" | "resizeSize"
  >,
  side: number,
): ImageView {
  const channels = model.inChannels === 1 ? 1 : 3;
  const scale = side / model.imageSize;
  return { side, channels, resizeSize: Math.round(resizeSize * scale) };
}

/**
 * Small pictures of some images, by their number; those that cannot be read are left out.
 *
 * @param most Side of a picture at most, pixels.
 */
export function smallPictures(
  opened: OpenedPictures,
  part: ImagePart,
  wanted: readonly number[],
  most: number,
  shown: ShownWork,
): Promise<Result<TrainError, ReadonlyMap<number, PictureImage>>> {
  const side = Math.min(most, opened.encoder.model.imageSize);
  return underBar(
    shown,
    "pictures to draw",
    new Set(wanted).size,
    (work) => thumbnails(opened[part], wanted, viewOf(opened, side), work),
  );
}
