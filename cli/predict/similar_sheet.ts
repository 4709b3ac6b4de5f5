/** The sheet of pictures beside those that are most similar. */
import { basename } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import type { ImageSource } from "../../data/mod.ts";
import { neighbourSheet, type PictureImage } from "../../plot/mod.ts";
import type { SimilarPictures, TrainError } from "../../train/mod.ts";
import { thumbnails } from "../images/some_images.ts";

/** Most rows of a sheet. */
export const MOST_ROWS = 24;

/** The pictures on both sides. */
export interface ComparedPictures {
  /** Those that were asked for. */
  readonly asked: ImageSource;
  /** Those that were searched. */
  readonly searched: ImageSource;
}

/** Twice the side of a picture on the sheet. */
const VIEW = { side: 208, channels: 3 } as const;

const BLANK: PictureImage = {
  ...{ width: 1, height: 1, channels: 3 },
  pixels: Uint8Array.of(255, 255, 255),
};

/**
 * Draws the first `MOST_ROWS` pictures, each beside those that are most similar to it.
 *
 * @returns An SVG document, or the error of the pictures.
 */
export async function similarSheet(
  { asked, searched }: ComparedPictures,
  found: readonly SimilarPictures[],
): Promise<Result<TrainError, string>> {
  const rows = found.slice(0, MOST_ROWS);
  const own = await thumbnails(asked, rows.map(({ index }) => index), VIEW);
  if (own._tag === "Left") return own;
  const near = await thumbnails(
    searched,
    rows.flatMap(({ nearest }) => nearest.map(({ index }) => index)),
    VIEW,
  );
  if (near._tag === "Left") return near;
  return right(
    await neighbourSheet(
      "Most similar pictures, by the cosine of their features",
      rows.map(({ path, index, nearest }) => ({
        query: {
          image: own.right.get(index) ?? BLANK,
          caption: basename(path),
        },
        neighbours: nearest.map(({ path, index }) => ({
          image: near.right.get(index) ?? BLANK,
          caption: basename(path),
        })),
      })),
    ),
  );
}
