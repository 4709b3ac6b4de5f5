/**
 * A batch as the tensors that the graph is given.
 *
 * @module
 */
import type {
  Backend,
  DeviceTensors,
  HostTensor,
} from "../backends/backend.ts";
import {
  type ModelSpec,
  patchCount,
  randomMasking,
  sampleKey,
  uniforms,
  visibleCount,
} from "../core/mod.ts";
import type { Batch } from "../data/mod.ts";

/** Inputs of a graph by name, all with one row for each sample. */
export type HostBatch = Readonly<Record<string, HostTensor>>;

/** Which draw of randomness a batch belongs to. */
export interface Moment {
  /** Seed of the run. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
}

/**
 * Images and masks of a batch. The mask of a sample is a function of seed, epoch
 * and its index in the source, whatever the batch.
 *
 * @param model Sizes.
 * @param batch Images `[B, C, S, S]` and the indices of the samples.
 * @param moment Seed and epoch.
 * @returns The inputs `images`, `idsKeep`, `idsShuffle`, `idsRestore`, `mask`.
 */
export function batchTensors(
  model: ModelSpec,
  batch: Pick<Batch, "images" | "indices">,
  moment: Moment,
): HostBatch {
  const [size, L, keep] = [
    batch.indices.length,
    patchCount(model),
    visibleCount(model),
  ];
  const noise = new Float64Array(size * L);
  batch.indices.forEach((index, sample) =>
    noise.set(
      uniforms(sampleKey(moment.seed, moment.epoch, index, "mask"), L),
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
    images: { shape: [size, model.inChannels, side, side], data: batch.images },
    idsKeep: { shape: [size, keep], data: idsKeep },
    idsShuffle: { shape: [size, L], data: idsShuffle },
    idsRestore: { shape: [size, L], data: idsRestore },
    mask: { shape: [size, L], data: mask },
  };
}

/** Copies named tensors to a device. */
export function uploadAll(
  backend: Backend,
  tensors: Readonly<Record<string, HostTensor>>,
): DeviceTensors {
  return new Map(
    Object.entries(tensors).map((
      [name, tensor],
    ) => [name, backend.upload(tensor)]),
  );
}
