/** Pictures of how an encoder sees pictures: a map, neighbours, attention. */
import { basename } from "node:path";
import {
  left,
  permutation,
  type Result,
  right,
  rootKey,
} from "../../core/mod.ts";
import {
  attentionSheet,
  mapThumbnails,
  neighbourSheet,
  type PictureImage,
  pictureMap,
} from "../../plot/mod.ts";
import {
  type AttentionMaps,
  attentionMaps,
  disposeAll,
  type FeatureSpec,
  joinedNumbers,
  meanOfHeads,
  nearestPoints,
  placesOn,
  principalAxes,
  selectPoints,
  type SourceRows,
  type TrainError,
} from "../../train/mod.ts";
import { percent } from "../output/words.ts";
import type { OpenedPictures } from "./opened_pictures.ts";
import { type StartFeatures, uploadedStarts } from "./starts.ts";
import { pictureOf, someImages, thumbnails } from "./thumbnails.ts";

/** A picture and what there is to say of it. */
export interface NamedPicture {
  /** Name of its file, without `.svg`. */
  readonly name: string;
  /** Heading above it. */
  readonly heading: string;
  /** How it is to be read. */
  readonly words: string;
  /** The picture for who cannot see it. */
  readonly alt: string;
  readonly svg: string;
}

/** Points on the map, at most, and small pictures among them. */
const MOST_POINTS = 2000;
const MOST_THUMBNAILS = 160;

/** Longest sides of small pictures, pixels: on the map, and on the sheet. */
const SIDE = { map: 48, sheet: 96 };

/** Rows of the sheet and neighbours in a row. */
const QUERIES = 8;
const NEIGHBOURS = 7;

/** Pictures whose attention is drawn, and heads that are drawn by themselves. */
const ATTENDED = 6;
const MOST_HEADS = 4;

/** Numbers of rows in an order without a pattern, the same one each time. */
const shuffled = (count: number): Int32Array => permutation(rootKey(0), count);

/** Labels as a map has them. */
const labelOf = (labels: Int32Array, row: number): number | null => {
  const label = labels[row] ?? -1;
  return label < 0 ? null : label;
};

/** The map of the pictures: their features on the two axes along which they differ most. */
export async function mapPicture(
  opened: OpenedPictures,
  { asked }: StartFeatures,
): Promise<Result<TrainError, NamedPicture>> {
  const chosen = shuffled(asked.labels.length).subarray(0, MOST_POINTS);
  const some = selectPoints(asked, chosen);
  const axes = principalAxes(some, Math.min(2, some.width));
  if (axes._tag === "Left") {
    return left({ _tag: "BadConfig", faults: axes.left });
  }
  const { variances, totalVariance } = axes.right;
  const places = placesOn(axes.right, some);
  const columns = variances.length;
  const points = Array.from(chosen, (_, i) => ({
    x: places[i * columns] ?? 0,
    y: places[i * columns + 1] ?? 0,
    label: labelOf(some.labels, i),
  }));
  const numbers = mapThumbnails(points, MOST_THUMBNAILS);
  const indexOf = (number: number): number =>
    asked.indices[chosen[number] ?? -1] ?? -1;
  const found = await thumbnails(
    ...[opened, "validation", numbers.map(indexOf), SIDE.map] as const,
  );
  if (found._tag === "Left") return found;
  const shown = variances.reduce((sum, one) => sum + one, 0) / totalVariance;
  const svg = await pictureMap({
    title: "Map of the pictures",
    note: `${points.length} pictures; the two axes hold ${
      percent(shown, 0)
    } of how their features spread`,
    names: opened.validation.classNames ?? [],
    points,
    thumbnails: new Map(
      numbers.flatMap((number): [number, PictureImage][] => {
        const image = found.right.get(indexOf(number));
        return image === undefined ? [] : [[number, image]];
      }),
    ),
  });
  return right({
    ...{ name: "map", heading: "Map of the pictures", svg },
    words:
      "Each point is a picture; those that the encoder sees alike lie near each other. The axes are the two directions in which its features differ most, so much is hidden: pictures that lie together may still be told apart.",
    alt:
      `Points of ${points.length} pictures on two axes, some of them as small pictures`,
  });
}

/** Rows to look at: of as many classes as there can be, in turn. */
function queriesAmong(labels: Int32Array, most: number): readonly number[] {
  const order = [...shuffled(labels.length)];
  const turn = new Map<number, number>();
  const turns = order.map((row) => {
    const label = labels[row] ?? -1;
    const own = turn.get(label) ?? 0;
    turn.set(label, own + 1);
    return own;
  });
  return order.map((row, place) => ({ row, turn: turns[place] ?? 0 }))
    .sort((a, b) => a.turn - b.turn)
    .slice(0, most)
    .map(({ row }) => row)
    .sort((a, b) => (labels[a] ?? -1) - (labels[b] ?? -1) || a - b);
}

/** Each of some pictures beside its nearest ones. */
export async function neighbourPicture(
  opened: OpenedPictures,
  { known, asked }: StartFeatures,
): Promise<Result<TrainError, NamedPicture>> {
  const isJudged = opened.unjudged === null;
  const [part, searched]: readonly ["train" | "validation", SourceRows] =
    isJudged ? ["train", known] : ["validation", asked];
  const queries = queriesAmong(asked.labels, QUERIES);
  const some = selectPoints(asked, Int32Array.from(queries));
  const found = await nearestPoints(searched, some, NEIGHBOURS + 1, {
    backend: opened.backend,
  });
  if (found._tag === "Left") return found;
  const { k, indices } = found.right;
  const near = queries.map((query, i) =>
    [...indices.subarray(i * k, (i + 1) * k)]
      .filter((row) => isJudged || row !== query)
      .slice(0, NEIGHBOURS)
  );
  const sourceOf = (rows: SourceRows, row: number) => rows.indices[row] ?? -1;
  const [asking, answering] = [
    await thumbnails(
      ...[opened, "validation"] as const,
      ...[queries.map((row) => sourceOf(asked, row)), SIDE.sheet] as const,
    ),
    await thumbnails(
      ...[opened, part] as const,
      ...[
        near.flat().map((row) => sourceOf(searched, row)),
        SIDE.sheet,
      ] as const,
    ),
  ];
  if (asking._tag === "Left") return asking;
  if (answering._tag === "Left") return answering;
  const names = opened.validation.classNames;
  const captionOf = (rows: SourceRows, row: number, of: typeof part): string =>
    names?.[rows.labels[row] ?? -1] ??
      basename(opened[of].imageName(sourceOf(rows, row)));
  const rows = queries.flatMap((query, i) => {
    const image = asking.right.get(sourceOf(asked, query));
    return image === undefined ? [] : [{
      query: { image, caption: captionOf(asked, query, "validation") },
      neighbours: near[i]!.flatMap((row) => {
        const own = answering.right.get(sourceOf(searched, row));
        return own === undefined ? [] : [{
          image: own,
          caption: captionOf(searched, row, part),
          ...isJudged
            ? { isRight: searched.labels[row] === asked.labels[query] }
            : {},
        }];
      }),
    }];
  });
  return right({
    name: "neighbours",
    heading: "Nearest pictures",
    words: isJudged
      ? "On the left pictures that were held out; beside each the pictures to learn from whose features are most similar."
      : "On the left some of the pictures; beside each the others whose features are most similar.",
    alt: `${rows.length} pictures, each beside its ${NEIGHBOURS} nearest`,
    svg: await neighbourSheet("Pictures and their nearest", rows),
  });
}

/** What the last block attends to in some pictures, before and after pre-training. */
export async function attentionPicture(
  opened: OpenedPictures,
  { asked }: StartFeatures,
  tokens: FeatureSpec["tokens"],
): Promise<Result<TrainError, NamedPicture>> {
  const { encoder: { model }, backend } = opened;
  const { imageSize } = model;
  const wanted = queriesAmong(asked.labels, ATTENDED)
    .map((row) => asked.indices[row] ?? -1);
  const loaded = await someImages(opened, "validation", wanted, imageSize);
  if (loaded._tag === "Left") return loaded;
  const { images } = loaded.right;
  const encoders = uploadedStarts(opened);
  const maps: AttentionMaps[] = [];
  for (const parameters of encoders) {
    const found = await attentionMaps(
      ...[backend, model, parameters, joinedNumbers(images), tokens] as const,
    );
    disposeAll(parameters.values());
    if (found._tag === "Left") return found;
    maps.push(found.right);
  }
  const [own, first] = maps;
  if (own === undefined || first === undefined) {
    throw new Error("unreachable: two encoders");
  }
  const L = own.grid ** 2;
  const heads = own.heads <= MOST_HEADS ? own.heads : 0;
  const cut = (all: Float32Array, at: number) =>
    all.subarray(at * L, (at + 1) * L);
  const [mean, before] = [meanOfHeads(own), meanOfHeads(first)];
  const rows = images.map((image, i) => ({
    image: pictureOf(image, opened, imageSize),
    maps: [
      cut(before, i),
      cut(mean, i),
      ...Array.from(
        { length: heads },
        (_, head) => cut(own.weights, i * own.heads + head),
      ),
    ],
  }));
  const columns = [
    "untrained, all heads",
    "trained, all heads",
    ...Array.from({ length: heads }, (_, head) => `trained, head ${head + 1}`),
  ];
  const who = tokens === "classToken" ? "the class token" : "the patches";
  return right({
    name: "attention",
    heading: "Attention of the last block",
    words:
      `How much of the attention of ${who} falls on each patch, in the last block: pale is much, dark is little, each map by its own scale.`,
    alt:
      `${rows.length} pictures beside maps of the attention on their patches`,
    svg: await attentionSheet("Attention of the last block", columns, rows),
  });
}
