/** The reconstruction task of a stage: HOG targets, and the loss over hidden cells. */
import type { GraphBuilder } from "../graph/builder.ts";
import type { NodeId } from "../graph/node.ts";
import {
  cellsPerSide,
  gridSize,
  type ModelSpec,
  patchCount,
  type StageScale,
  type StageSpec,
  targetChannels,
  visibleCount,
} from "./model_spec.ts";

/** Sums `factor × factor` neighbouring cells of `[B, n, n, C, nbins]`. */
function mergeCells(g: GraphBuilder, cells: NodeId, factor: number): NodeId {
  const [batch = 0, side = 0, , channels = 0, nbins = 0] = g.shape(cells);
  const n = side / factor;
  const sums = g.sumTo(
    g.reshape(cells, [batch, n, factor, n, factor, channels * nbins]),
    [batch, n, 1, n, 1, channels * nbins],
  );
  return g.reshape(sums, [batch, n, n, channels, nbins]);
}

/**
 * HOG target of each stage.
 *
 * Gradients and bins are computed once, on the finest cells; coarser cells are
 * sums of finer ones, taken before any is normalised. Every histogram of one
 * cell and channel has length 1, or 0 where the image is flat.
 *
 * @param images `[B, C, S, S]`.
 * @param stages The stages that still need a target.
 * @returns For each stage `[B, (scale·G)², C·nbins]`, channel by channel.
 * @see Dalal and Triggs 2005; Wei et al., MaskFeat, 2022, section 3.2.
 */
export function hogTargets(
  g: GraphBuilder,
  spec: ModelSpec,
  images: NodeId,
  stages: readonly StageSpec[],
): readonly NodeId[] {
  const [batch = 0] = g.shape(images);
  const byScale = new Map<StageScale, NodeId>();
  const finestFirst = stages.toSorted((a, b) => b.scale - a.scale);
  let finer: { readonly scale: number; readonly cells: NodeId } | null = null;
  for (const stage of finestFirst) {
    const side = cellsPerSide(spec, stage);
    const cells: NodeId = finer === null
      ? g.apply("hogCells", { nbins: spec.hogNbins, cells: side }, [images])
      : finer.scale === stage.scale
      ? finer.cells
      : mergeCells(g, finer.cells, finer.scale / stage.scale);
    finer = { scale: stage.scale, cells };
    const unit = g.apply("l2Normalize", {}, [cells]);
    byScale.set(
      stage.scale,
      g.reshape(unit, [batch, side * side, spec.inChannels * spec.hogNbins]),
    );
  }
  return stages.map((stage) => byScale.get(stage.scale) ?? -1);
}

/**
 * The patch mask on the cells of a stage.
 *
 * @param mask `[B, L]`.
 * @returns `[B, (scale·G)²]`: a patch's value on each of its cells, or the mean of the patches in a cell.
 */
export function maskAtScale(
  g: GraphBuilder,
  spec: ModelSpec,
  { scale }: StageSpec,
  mask: NodeId,
): NodeId {
  const G = gridSize(spec);
  const [batch = 0] = g.shape(mask);
  if (scale >= 1) {
    const repeated = g.broadcastTo(g.reshape(mask, [batch, G, 1, G, 1]), [
      batch,
      G,
      scale,
      G,
      scale,
    ]);
    return g.reshape(repeated, [batch, (scale * G) ** 2]);
  }
  const n = G / 2;
  const sums = g.sumTo(g.reshape(mask, [batch, n, 2, n, 2]), [
    batch,
    n,
    1,
    n,
    1,
  ]);
  return g.reshape(g.scale(sums, 0.25), [batch, n * n]);
}

/**
 * Mean squared error over the hidden cells of the whole batch.
 *
 * `Σ M·mean((prediction − target)²) / Σ M`. The number of hidden patches is the
 * same in every sample, so `Σ M` is known in advance: `samples·(L − keep)·scale²`.
 *
 * @param prediction `[B, (scale·G)², channels]`.
 * @param target The same shape.
 * @param mask `[B, (scale·G)²]` from `maskAtScale`.
 * @param samples Samples over which the loss is a mean: all micro-batches of a step together.
 * @returns A scalar; the sum over micro-batches is the loss of the whole batch.
 */
export function maskedLoss(
  g: GraphBuilder,
  spec: ModelSpec,
  stage: StageSpec,
  prediction: NodeId,
  target: NodeId,
  mask: NodeId,
  samples: number,
): NodeId {
  const [batch = 0] = g.shape(prediction);
  const cells = cellsPerSide(spec, stage) ** 2;
  const squares = g.apply("square", {}, [g.subtract(prediction, target)]);
  const masked = g.multiply(squares, g.reshape(mask, [batch, cells, 1]));
  const hidden = samples * (patchCount(spec) - visibleCount(spec)) *
    stage.scale ** 2;
  return g.scale(g.sumTo(masked, []), 1 / (hidden * targetChannels(spec)));
}
