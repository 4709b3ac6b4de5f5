/**
 * LocalMIM: masked image modelling with a target at several depths.
 *
 * @module
 */
import type { NodeId } from "../graph/node.ts";
import { decode, type MaskingNodes } from "./decoder.ts";
import { encode } from "./encoder.ts";
import { hogTargets } from "./hog_target.ts";
import { layerNorm, type ModelScope } from "../nn/layers.ts";
import { maskAtScale, maskedLoss } from "./masked_loss.ts";
import {
  type ModelSpec,
  patchCount,
  type StageSpec,
  visibleCount,
} from "./model_spec.ts";

/** Nodes of one live stage. */
export interface StageNodes {
  /** Number of the stage in the model. */
  readonly index: number;
  /** Tapped tokens after their norm, `[B, 1 + keep, D]`. */
  readonly latent: NodeId;
  /** `[B, (scale·G)², channels]`. */
  readonly prediction: NodeId;
  /** The same shape. */
  readonly target: NodeId;
  /** `[B, (scale·G)²]`. */
  readonly mask: NodeId;
  /** Unweighted loss, a scalar. */
  readonly loss: NodeId;
}

/** Everything that the forward pass computes. */
export interface LocalMimNodes {
  /** `[B, keep, D]`. */
  readonly visibleTokens: NodeId;
  /** Output of each block up to the last live tap. */
  readonly blocks: readonly NodeId[];
  /** The live stages, shallow to deep. */
  readonly stages: readonly StageNodes[];
  /** Weighted sum of the stage losses, a scalar. */
  readonly loss: NodeId;
}

/** What a batch looks like to the graph. */
export interface BatchNodes extends MaskingNodes {
  /** `[B, C, S, S]`, normalised. */
  readonly images: NodeId;
}

/** Declares the tensors of a batch: `images`, `idsKeep`, `idsShuffle`, `idsRestore`, `mask`. */
export function batchInputs(
  { g }: ModelScope,
  spec: ModelSpec,
  batch: number,
): BatchNodes {
  const { inChannels: C, imageSize: side } = spec;
  const L = patchCount(spec);
  return {
    images: g.input("images", [batch, C, side, side]),
    idsKeep: g.input("idsKeep", [batch, visibleCount(spec)], "int32"),
    idsShuffle: g.input("idsShuffle", [batch, L], "int32"),
    idsRestore: g.input("idsRestore", [batch, L], "int32"),
    mask: g.input("mask", [batch, L]),
  };
}

/** A stage with a loss, and what it starts from. */
interface LiveStage {
  readonly index: number;
  readonly stage: StageSpec;
  readonly tapped: NodeId;
  readonly target: NodeId;
}

/** Norm, decoder, mask and loss of one stage. */
function stageNodes(
  scope: ModelScope,
  spec: ModelSpec,
  batch: BatchNodes,
  samples: number,
  { index, stage, tapped, target }: LiveStage,
): StageNodes {
  const { g } = scope;
  const latent = layerNorm(scope, `norm.${index}`, tapped);
  const name = `decoder.${index}`;
  const prediction = decode(scope, spec, name, stage.scale, latent, batch);
  const mask = maskAtScale(g, spec, stage, batch.mask);
  const loss = maskedLoss(g, spec, stage, prediction, target, mask, samples);
  return { index, latent, prediction, target, mask, loss };
}

/** Stage losses times their weights, added up. */
function weightedSum(
  { g }: ModelScope,
  spec: ModelSpec,
  stages: readonly StageNodes[],
): NodeId {
  const [first = -1, ...others] = stages.map(({ index, loss }) =>
    g.scale(loss, spec.stages[index]?.weight ?? 1)
  );
  return others.reduce((sum, x) => g.add(sum, x), first);
}

/**
 * The forward pass up to the deepest live stage.
 *
 * @param scope Builder and parameters.
 * @param spec Sizes.
 * @param batch Nodes of the batch.
 * @param liveStages Stages that still have a loss, in rising order; at least one.
 * @param samples Samples over which losses are means (`maskedLoss`).
 * @see Wang et al., LocalMIM, 2023: {@link https://arxiv.org/abs/2303.05251}
 */
export function localMim(
  scope: ModelScope,
  spec: ModelSpec,
  batch: BatchNodes,
  liveStages: readonly number[],
  samples: number,
): LocalMimNodes {
  const live = liveStages.flatMap((index) => {
    const stage = spec.stages[index];
    return stage === undefined ? [] : [{ index, stage }];
  });
  const depth = Math.max(0, ...live.map(({ stage }) => stage.tap + 1));
  const { images, idsKeep } = batch;
  const specs = live.map(({ stage }) => stage);
  // First, while there are no activations that would lie beside its gradients.
  const targets = hogTargets(scope.g, spec, images, specs);
  const { visibleTokens, blocks } = encode(scope, spec, images, idsKeep, depth);
  const stages = live.map(({ index, stage }, i) =>
    stageNodes(scope, spec, batch, samples, {
      index,
      stage,
      tapped: blocks[stage.tap] ?? -1,
      target: targets[i] ?? -1,
    })
  );
  return {
    visibleTokens,
    blocks,
    stages,
    loss: weightedSum(scope, spec, stages),
  };
}
