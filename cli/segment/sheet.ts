/** Pictures, what their pixels are, and what they are named from each start. */
import { type Result, right } from "../../core/mod.ts";
import { segmentationSheet } from "../../plot/mod.ts";
import {
  countPixels,
  segmentationScores,
  type TrainError,
} from "../../train/mod.ts";
import { type NamedPicture, shuffled } from "../gain/named_picture.ts";
import { START_WORDS } from "../gain/starts.ts";
import { viewOf } from "../gain/thumbnails.ts";
import { thumbnails } from "../images/some_images.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import { percent } from "../output/words.ts";
import type { OpenedMasks } from "./opened_masks.ts";
import type { Segmented } from "./segmented.ts";

/** Pictures on the sheet. */
const DRAWN = 10;

/** Images to be drawn: some that have a mask, the same ones each time. */
export function imagesToDraw(
  { validation, truth }: OpenedMasks,
): ReadonlySet<number> {
  const all = shuffled(validation.length);
  const some = all.values().filter((index) => truth(index) !== null);
  return new Set([...some.take(DRAWN)].sort((a, b) => a - b));
}

/** The overlap within a picture, in words. */
function captionOf(
  truth: Int32Array,
  named: Int32Array,
  classes: number,
): string {
  const { meanIoU } = segmentationScores(countPixels(truth, named, classes));
  return Number.isNaN(meanIoU) ? "" : `mean IoU ${percent(meanIoU, 0)}`;
}

/** Draws the sheet. */
export async function sheetOf(
  opened: OpenedMasks,
  all: readonly Segmented[],
  drawn: ReadonlySet<number>,
  shown: ShownWork,
): Promise<Result<TrainError, NamedPicture>> {
  const { encoder: { model }, validation, truth, table, classes } = opened;
  const view = viewOf(opened, model.imageSize);
  const pictures = await underBar(
    ...[shown, "pictures to draw", drawn.size] as const,
    (work) => thumbnails(validation, drawn, view, work),
  );
  if (pictures._tag === "Left") return pictures;
  const rows = [...pictures.right].flatMap(([index, image]) => {
    const labels = truth(index);
    const named = all.map(({ kept }) => kept.get(index));
    return labels === null || named.includes(undefined) ? [] : [{
      image,
      panels: [
        { classes: labels },
        ...named.flatMap((own) =>
          own === undefined
            ? []
            : [{ classes: own, caption: captionOf(labels, own, classes) }]
        ),
      ],
    }];
  });
  const columns = ["mask", ...all.map(({ start }) => START_WORDS[start])];
  return right({
    name: "segmentation",
    heading: "What is where",
    words:
      "Pictures that were held out, their masks, and what a linear layer on the features of single patches makes of them. White pixels do not count.",
    alt: `${rows.length} pictures beside their masks and segmentations`,
    svg: await segmentationSheet(
      ...["Pixels by class", columns, rows, table.names] as const,
    ),
  });
}
