/** What the last block attends to, before and after pre-training. */
import { type Result, right } from "../../core/mod.ts";
import { attentionSheet } from "../../plot/mod.ts";
import {
  type AttentionMaps,
  attentionMaps,
  disposeAll,
  type FeatureSpec,
  joinedNumbers,
  meanOfHeads,
  type TrainError,
} from "../../train/mod.ts";
import { drawnImage, someImages } from "../images/some_images.ts";
import { type ShownWork, underBar } from "../output/progress_bar.ts";
import { type NamedPicture, queriesAmong } from "./named_picture.ts";
import type { OpenedPictures } from "./opened_pictures.ts";
import { type StartFeatures, uploadedStarts } from "./starts.ts";
import { viewOf } from "./thumbnails.ts";

/** Pictures whose attention is drawn, and heads that are drawn by themselves. */
const ATTENDED = 6;
const MOST_HEADS = 4;

/** Attention of the encoder and, beside it, of what it began as. */
async function mapsOf(
  opened: OpenedPictures,
  images: readonly Float32Array[],
  tokens: FeatureSpec["tokens"],
): Promise<
  Result<TrainError, readonly [own: AttentionMaps, before: AttentionMaps]>
> {
  const { encoder: { model }, backend } = opened;
  const encoders = uploadedStarts(opened);
  const all = joinedNumbers(images);
  const of = (parameters: typeof encoders[number]) =>
    attentionMaps(backend, model, parameters, all, tokens);
  try {
    const own = await of(encoders[0]);
    if (own._tag === "Left") return own;
    const before = await of(encoders[1]);
    return before._tag === "Left" ? before : right([own.right, before.right]);
  } finally {
    for (const encoder of encoders) disposeAll(encoder.values());
  }
}

/** Maps of a picture: of all heads before and after, and of single heads if they are few. */
function columnsOf(own: AttentionMaps, before: AttentionMaps) {
  const L = own.grid ** 2;
  const cut = (all: Float32Array, at: number) =>
    all.subarray(at * L, (at + 1) * L);
  const heads = own.heads <= MOST_HEADS ? own.heads : 0;
  const numbers = Array.from({ length: heads }, (_, head) => head);
  const [first, mean] = [meanOfHeads(before), meanOfHeads(own)];
  return {
    names: [
      "untrained, all heads",
      "trained, all heads",
      ...numbers.map((head) => `trained, head ${head + 1}`),
    ],
    mapsOf: (picture: number) => [
      cut(first, picture),
      cut(mean, picture),
      ...numbers.map((head) => cut(own.weights, picture * own.heads + head)),
    ],
  };
}

/** What the last block attends to in some pictures, before and after pre-training. */
export async function attentionPicture(
  opened: OpenedPictures,
  { asked }: StartFeatures,
  tokens: FeatureSpec["tokens"],
  shown: ShownWork,
): Promise<Result<TrainError, NamedPicture>> {
  const { imageSize } = opened.encoder.model;
  const wanted = queriesAmong(asked.labels, ATTENDED)
    .map((row) => asked.indices[row] ?? -1);
  const view = viewOf(opened, imageSize);
  const loaded = await underBar(
    shown,
    "pictures to draw",
    wanted.length,
    (work) => someImages(opened.validation, wanted, view, work),
  );
  if (loaded._tag === "Left") return loaded;
  const images = [...loaded.right.values()];
  const maps = await mapsOf(opened, images, tokens);
  if (maps._tag === "Left") return maps;
  const columns = columnsOf(...maps.right);
  const rows = images.map((image, i) => ({
    image: drawnImage(image, opened.validation, view),
    maps: columns.mapsOf(i),
  }));
  const who = tokens === "classToken" ? "the class token" : "the patches";
  return right({
    name: "attention",
    heading: "Attention of the last block",
    words:
      `How much of the attention of ${who} falls on each patch, in the last block: pale is much, dark is little, each map by its own scale.`,
    alt:
      `${rows.length} pictures beside maps of the attention on their patches`,
    svg: await attentionSheet(
      "Attention of the last block",
      columns.names,
      rows,
    ),
  });
}
