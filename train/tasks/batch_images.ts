/** The images of a training's batches, in numbers or in levels. */
import type { HostInput } from "../../backends/backend.ts";
import type { Shape } from "../../core/mod.ts";
import type { Batch, LevelBatch } from "../../data/mod.ts";

/** A batch of numbers or of levels. */
export type TrainingBatch = Batch | LevelBatch;

/** The images of such a batch. */
export type Images =
  | Pick<Batch, "images">
  | Pick<LevelBatch, "images" | "levels">;

/** Images as they are sent to an engine. */
export const imageInput = (shape: Shape, batch: Images): HostInput =>
  "levels" in batch
    ? { shape, data: batch.images, levels: batch.levels }
    : { shape, data: batch.images };

/** Number of the first sample with a pixel that is not finite, or `null`; levels all are. */
export function badSample(batch: TrainingBatch): string | null {
  if ("levels" in batch) return null;
  const { images, indices } = batch;
  const bad = images.findIndex((pixel) => !Number.isFinite(pixel));
  const sample = indices[Math.floor(bad * indices.length / images.length)];
  return bad < 0 ? null : String(sample);
}
