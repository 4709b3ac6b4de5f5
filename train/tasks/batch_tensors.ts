/** A batch as the tensors that the graph is given. */
import {
  type ModelSpec,
  patchCount,
  randomMasking,
  sampleKey,
  uniforms,
  visibleCount,
} from "../../core/mod.ts";
import type { Batch } from "../../data/mod.ts";
import type { HostBatch } from "../engine/tensors.ts";
import { imageInput, type Images } from "./batch_images.ts";

/** Draw of randomness that a batch belongs to. */
export interface EpochDraw {
  /** Seed of the run. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
}

/**
 * Images and masks of a batch. The mask of a sample is a function of seed, epoch
 * and its index in the source, whatever the batch.
 *
 * @returns The inputs `images`, `idsKeep`, `idsShuffle`, `idsRestore`, `mask`.
 */
export function batchTensors(
  model: ModelSpec,
  batch: Images & Pick<Batch, "indices">,
  draw: EpochDraw,
): HostBatch {
  const [size, L, keep] = [
    batch.indices.length,
    patchCount(model),
    visibleCount(model),
  ];
  const noise = new Float64Array(size * L);
  batch.indices.forEach((index, sample) =>
    noise.set(
      uniforms(sampleKey(draw.seed, draw.epoch, index, "mask"), L),
      sample * L,
    )
  );
  const { idsKeep, idsShuffle, idsRestore, mask } = randomMasking(
    noise,
    L,
    keep,
  );
  const side = model.imageSize;
  return {
    images: imageInput([size, model.inChannels, side, side], batch),
    idsKeep: { shape: [size, keep], data: idsKeep },
    idsShuffle: { shape: [size, L], data: idsShuffle },
    idsRestore: { shape: [size, L], data: idsRestore },
    mask: { shape: [size, L], data: mask },
  };
}
