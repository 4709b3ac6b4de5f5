/** Random masking of patches. */

/** Patches that the encoder sees of each sample of a batch. */
export interface Masking {
  /** Kept patches in the order of their noise, `[B, keep]`. */
  readonly idsKeep: Int32Array;
  /** Patches sorted by their noise, `[B, L]`. */
  readonly idsShuffle: Int32Array;
  /** Place of each patch in `idsShuffle`, `[B, L]`: the inverse permutation. */
  readonly idsRestore: Int32Array;
  /** 1 where a patch is hidden, 0 where it is kept, `[B, L]`. */
  readonly mask: Float32Array;
}

/**
 * Keeps the patches with the smallest noise.
 *
 * @param noise Any numbers, `[B, L]` row-major; equal ones are taken in order.
 * @param patches Patches of a sample, `L`.
 * @param keep Patches kept of each sample, from 0 to `L`.
 * @returns Indices and mask.
 * @see He et al., Masked Autoencoders, 2022, section 3: {@link https://arxiv.org/abs/2111.06377}
 */
export function randomMasking(
  noise: ArrayLike<number>,
  patches: number,
  keep: number,
): Masking {
  const batch = noise.length / patches;
  const idsKeep = new Int32Array(batch * keep);
  const idsShuffle = new Int32Array(batch * patches);
  const idsRestore = new Int32Array(batch * patches);
  const mask = new Float32Array(batch * patches).fill(1);
  for (let sample = 0; sample < batch; sample++) {
    const start = sample * patches;
    const order = Array.from({ length: patches }, (_, i) => i)
      .sort((a, b) =>
        (noise[start + a] ?? NaN) - (noise[start + b] ?? NaN) || a - b
      );
    idsShuffle.set(order, start);
    idsKeep.set(order.slice(0, keep), sample * keep);
    order.forEach((patch, rank) => {
      idsRestore[start + patch] = rank;
      if (rank < keep) mask[start + patch] = 0;
    });
  }
  return { idsKeep, idsShuffle, idsRestore, mask };
}
