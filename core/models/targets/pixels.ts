/** Pixels as the target of a stage. */
import type { GraphBuilder } from "../../graph/builder.ts";
import type { NodeId } from "../../graph/node.ts";
import {
  cellSide,
  cellsPerSide,
  type ModelSpec,
  type StageSpec,
  targetChannels,
} from "../model_spec.ts";

/** Keeps flat cells finite: added to the variance of a cell before it divides. */
export const PIXEL_EPSILON = 1e-6;

/**
 * Pixels of the cells of a stage, as they are.
 *
 * @param images `[B, C, S, S]`.
 * @param stage Its scale makes `P / scale` a whole number.
 * @returns `[B, (scale·G)², (P / scale)²·C]`: cells row by row, and within each its
 * pixels row by row, the channels of a pixel side by side, as in MAE.
 * @see He et al., Masked Autoencoders, 2022, section 3: {@link https://arxiv.org/abs/2111.06377}
 */
export function pixelTarget(
  g: GraphBuilder,
  spec: ModelSpec,
  images: NodeId,
  stage: StageSpec,
): NodeId {
  const [batch = 0, channels = 0] = g.shape(images);
  const [n, side] = [cellsPerSide(spec, stage), cellSide(spec, stage)];
  const cut = g.reshape(images, [batch, channels, n, side, n, side]);
  return g.reshape(g.transpose(cut, [0, 2, 4, 3, 5, 1]), [
    batch,
    n * n,
    targetChannels(spec, stage),
  ]);
}

/**
 * Pixels of the cells of a stage, each cell by itself without its brightness and
 * contrast: `(x − mean)/√(variance + ε)`, mean and unbiased variance over all `K`
 * values of the cell.
 *
 * Layer normalisation divides by the biased variance, `(K − 1)/K` of the unbiased one.
 * With `ε·(K − 1)/K` and a gain of `√((K − 1)/K)` it gives the same numbers.
 *
 * @param images `[B, C, S, S]`.
 * @param stage Cells of at least two values.
 * @returns The shape and order of {@link pixelTarget}.
 * @see He et al., Masked Autoencoders, 2022, section 3, "Reconstruction target".
 */
export function normalisedPixelTarget(
  g: GraphBuilder,
  spec: ModelSpec,
  images: NodeId,
  stage: StageSpec,
): NodeId {
  const count = targetChannels(spec, stage);
  const bias = (count - 1) / count;
  const all = (value: number): NodeId =>
    g.constant(Array.from({ length: count }, () => value), [count]);
  return g.apply("layerNorm", { epsilon: PIXEL_EPSILON * bias }, [
    pixelTarget(g, spec, images, stage),
    all(Math.sqrt(bias)),
    all(0),
  ]);
}
