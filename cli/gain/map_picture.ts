/** The map of the pictures. */
import { left, type Result, right } from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";
import {
  type MapPoint,
  mapThumbnails,
  type PictureImage,
  pictureMap,
} from "../../plot/mod.ts";
import {
  type LabelledFeatures,
  placesOn,
  principalAxes,
  selectPoints,
  type TrainError,
} from "../../train/mod.ts";
import type { ShownWork } from "../output/progress_bar.ts";
import { percent } from "../output/words.ts";
import { type NamedPicture, shuffled } from "./named_picture.ts";
import type { OpenedPictures } from "./opened_pictures.ts";
import type { StartFeatures } from "./starts.ts";
import { smallPictures } from "./thumbnails.ts";

/** Points on the map, at most, and small pictures among them. */
const MOST_POINTS = 2000;
const MOST_THUMBNAILS = 160;

/** Points that axes are found by, at most: more would take long and change little. */
const MOST_MEASURED = 1000;

/** Longest side of small pictures, pixels. */
const SIDE = 48;

/** Rows on the two axes along which they differ most, and how much of their spread these hold. */
function placedRows(rows: LabelledFeatures): Result<TrainError, {
  readonly points: readonly MapPoint[];
  readonly spread: number;
}> {
  const { labels, width } = rows;
  const measured = Math.min(MOST_MEASURED, labels.length);
  const some = selectPoints(
    rows,
    Int32Array.from({ length: measured }, (_, i) => i),
  );
  const axes = principalAxes(some, Math.min(2, width));
  if (axes._tag === "Left") {
    return left({ _tag: "BadConfig", faults: axes.left });
  }
  const { variances, totalVariance } = axes.right;
  const places = placesOn(axes.right, rows);
  const columns = variances.length;
  const sum = variances.reduce((total, one) => total + one, 0);
  return right({
    points: Array.from(labels, (label, i) => ({
      x: places[i * columns] ?? 0,
      y: places[i * columns + 1] ?? 0,
      label: label < 0 ? null : label,
    })),
    spread: totalVariance > 0 ? sum / totalVariance : 1,
  });
}

/** The map of the pictures: their features on the two axes along which they differ most. */
export async function mapPicture(
  opened: OpenedPictures,
  { asked }: StartFeatures,
  shown: ShownWork,
): Promise<Result<TrainError, NamedPicture>> {
  const chosen = shuffled(asked.labels.length).subarray(0, MOST_POINTS);
  const placed = placedRows(selectPoints(asked, chosen));
  if (placed._tag === "Left") return placed;
  const { points, spread } = placed.right;
  const numbers = mapThumbnails(points, MOST_THUMBNAILS);
  const indexOf = (number: number): number =>
    asked.indices[chosen[number] ?? -1] ?? -1;
  const found = await smallPictures(
    ...[opened, "validation", numbers.map(indexOf), SIDE, shown] as const,
  );
  if (found._tag === "Left") return found;
  const small = numbers.flatMap((number): [number, PictureImage][] => {
    const image = found.right.get(indexOf(number));
    return image === undefined ? [] : [[number, image]];
  });
  const svg = await pictureMap({
    title: "Map of the pictures",
    note: `${counted(points.length, "picture")}; the two axes hold ${
      percent(spread, 0)
    } of how their features spread`,
    names: opened.validation.classNames ?? [],
    points,
    thumbnails: new Map(small),
  });
  return right({
    ...{ name: "map", heading: "Map of the pictures", svg },
    words:
      "Each point is a picture; those that the encoder sees alike lie near each other. The axes are the two directions in which its features differ most, so much is hidden: pictures that lie together may still be told apart.",
    alt:
      `Points of ${points.length} pictures on two axes, some of them as small pictures`,
  });
}
