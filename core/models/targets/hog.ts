/** Histograms of oriented gradients as the target of stages. */
import type { GraphBuilder } from "../../graph/builder.ts";
import type { NodeId } from "../../graph/node.ts";
import {
  cellsPerSide,
  type ModelSpec,
  type StageScale,
  type StageSpec,
} from "../model_spec.ts";

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
