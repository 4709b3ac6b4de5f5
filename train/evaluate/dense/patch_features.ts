/** The numbers that stand for each patch of an image. */
import {
  type Faults,
  type Graph,
  gridSize,
  modelScope,
  type ModelSpec,
  type Owner,
  patchCount,
  patchFeatureNodes,
  type Result,
  right,
  traceGraph,
} from "../../../core/mod.ts";
import type { RowMaker } from "../image_rows.ts";

/**
 * Graph of the features of all patches of whole images.
 *
 * Input `images [B, C, S, S]` and the parameters; output `features [B, L·F]`: patch by
 * patch, row by row, `F` the encoder's width times the number of taps.
 *
 * @param stages Stages whose taps are laid side by side, by number.
 * @param positions The fixed position table, or the input `pos_embed [1, 1 + L, D]`.
 */
export function patchFeatureGraph(
  spec: ModelSpec,
  batch: number,
  stages: readonly number[],
  positions: "fixed" | "given" = "fixed",
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const scope = modelScope<Owner>(g);
    const { inChannels: C, imageSize: side, embedDim } = spec;
    const images = g.input("images", [batch, C, side, side]);
    const kind = positions === "given" ? "learned" : "fixed";
    const nodes = patchFeatureNodes(scope, spec, images, stages, kind);
    const width = patchCount(spec) * embedDim * stages.length;
    return { features: g.reshape(nodes, [batch, width]) };
  });
}

/**
 * The pixels of each patch as its feature: what an encoder has to be better than.
 *
 * @param images `[B, C, S, S]`.
 * @param channels `C`.
 * @param side `S`.
 * @param grid Patches along a side, `G`.
 * @returns `[B, G·G, C·P·P]` with `P = S / G`.
 */
export function patchPixels(
  images: Float32Array,
  channels: number,
  side: number,
  grid: number,
): Float32Array {
  const patch = side / grid;
  const out = new Float32Array(images.length);
  const count = images.length / (channels * side ** 2);
  let to = 0;
  for (let image = 0; image < count; image++) {
    for (let at = 0; at < grid ** 2; at++) {
      const [row, column] = [Math.floor(at / grid), at % grid];
      for (let c = 0; c < channels; c++) {
        const plane = (image * channels + c) * side ** 2;
        for (let y = 0; y < patch; y++) {
          const from = plane + (row * patch + y) * side + column * patch;
          out.set(images.subarray(from, from + patch), to);
          to += patch;
        }
      }
    }
  }
  return out;
}

/**
 * Rows of the pixels of all patches, each number normalised as images are.
 *
 * @param model Sizes of the images and their patches.
 */
export function patchPixelRow(model: ModelSpec): RowMaker {
  const { inChannels, imageSize } = model;
  const grid = gridSize(model);
  return {
    width: inChannels * imageSize ** 2,
    rows: (images) =>
      Promise.resolve(
        right(patchPixels(images, inChannels, imageSize, grid)),
      ),
  };
}
