/** Pictures beside those that are nearest to them. */
import { basename } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import {
  type NeighbourRow,
  neighbourSheet,
  type PictureImage,
} from "../../plot/mod.ts";
import {
  nearestPoints,
  selectPoints,
  type SourceRows,
  type TrainError,
} from "../../train/mod.ts";
import type { ImagePart } from "../evaluate/features.ts";
import type { ShownWork } from "../output/progress_bar.ts";
import { type NamedPicture, queriesAmong } from "./named_picture.ts";
import type { OpenedPictures } from "./opened_pictures.ts";
import type { StartFeatures } from "./starts.ts";
import { smallPictures } from "./thumbnails.ts";

/** Rows of the sheet and neighbours in a row. */
const QUERIES = 8;
const NEIGHBOURS = 7;

/** Longest side of small pictures, pixels. */
const SIDE = 96;

/** Pictures of one part, of which rows are drawn. */
interface DrawnPart {
  readonly part: ImagePart;
  readonly rows: SourceRows;
}

/** Index of a row's picture in its source. */
const indexOf = ({ rows }: DrawnPart, row: number): number =>
  rows.indices[row] ?? -1;

/** Draws rows of one part. */
interface Drawer {
  /** A row with its class or its file's name; `null` where it cannot be read. */
  drawn(row: number): {
    readonly image: PictureImage;
    readonly caption: string;
  } | null;
}

/** Makes small pictures of some rows ready. */
async function drawerOf(
  opened: OpenedPictures,
  from: DrawnPart,
  wanted: readonly number[],
  shown: ShownWork,
): Promise<Result<TrainError, Drawer>> {
  const indices = wanted.map((row) => indexOf(from, row));
  const found = await smallPictures(opened, from.part, indices, SIDE, shown);
  if (found._tag === "Left") return found;
  const source = opened[from.part];
  const { labels } = from.rows;
  return right({
    drawn: (row) => {
      const index = indexOf(from, row);
      const image = found.right.get(index);
      return image === undefined ? null : {
        image,
        caption: source.classNames?.[labels[row] ?? -1] ??
          basename(source.imageName(index)),
      };
    },
  });
}

/** The rows nearest to some; where all are looked at, a picture is not its own neighbour. */
async function nearestRows(
  { backend, unjudged }: OpenedPictures,
  asked: SourceRows,
  searched: SourceRows,
  queries: readonly number[],
): Promise<Result<TrainError, readonly (readonly number[])[]>> {
  const some = selectPoints(asked, Int32Array.from(queries));
  const found = await nearestPoints(searched, some, NEIGHBOURS + 1, {
    backend,
  });
  if (found._tag === "Left") return found;
  const { k, indices } = found.right;
  return right(
    queries.map((query, i) =>
      [...indices.subarray(i * k, (i + 1) * k)]
        .filter((row) => unjudged === null || row !== query)
        .slice(0, NEIGHBOURS)
    ),
  );
}

/** Rows of the sheet; what cannot be read is left out. */
function sheetRows(
  queries: readonly number[],
  near: readonly (readonly number[])[],
  [asking, answering]: readonly [Drawer, Drawer],
  isRight: (query: number, row: number) => boolean | undefined,
): readonly NeighbourRow[] {
  return queries.flatMap((row, i) => {
    const query = asking.drawn(row);
    if (query === null) return [];
    const neighbours = (near[i] ?? []).flatMap((one) => {
      const own = answering.drawn(one);
      return own === null ? [] : [{ ...own, isRight: isRight(row, one) }];
    });
    return [{ query, neighbours }];
  });
}

/** Some pictures, each beside the ones whose features are most similar. */
export async function neighbourPicture(
  opened: OpenedPictures,
  { known, asked }: StartFeatures,
  shown: ShownWork,
): Promise<Result<TrainError, NamedPicture>> {
  const isJudged = opened.unjudged === null;
  const asks: DrawnPart = { part: "validation", rows: asked };
  const answers = isJudged ? { part: "train", rows: known } as const : asks;
  const queries = queriesAmong(asked.labels, QUERIES);
  const near = await nearestRows(opened, asked, answers.rows, queries);
  if (near._tag === "Left") return near;
  const asking = await drawerOf(opened, asks, queries, shown);
  if (asking._tag === "Left") return asking;
  const wanted = near.right.flat();
  const answering = await drawerOf(opened, answers, wanted, shown);
  if (answering._tag === "Left") return answering;
  const rows = sheetRows(
    ...[queries, near.right, [asking.right, answering.right]] as const,
    (query, row) =>
      isJudged ? asked.labels[query] === answers.rows.labels[row] : undefined,
  );
  return right({
    name: "neighbours",
    heading: "Nearest pictures",
    words: isJudged
      ? "On the left pictures that were held out; beside each the pictures to learn from whose features are most similar."
      : "On the left some of the pictures; beside each the others whose features are most similar.",
    alt: `${rows.length} pictures, each beside its nearest`,
    svg: await neighbourSheet("Pictures and their nearest", rows),
  });
}
