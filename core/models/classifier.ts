/**
 * A Vision Transformer that classifies: the encoder, the mean of its patches, a norm
 * and a linear layer, all of which learn.
 *
 * @module
 */
import type { NodeId } from "../graph/node.ts";
import { encode } from "./encoder.ts";
import {
  type BranchFactors,
  layerNorm,
  linear,
  type ModelScope,
  modelScope,
} from "../nn/layers.ts";
import type { GraphBuilder } from "../graph/builder.ts";
import { type ModelSpec, patchCount } from "./model_spec.ts";
import { type ParameterSpec, parameterSpecs } from "./parameters.ts";

/** Sizes of a classifier. */
export interface ClassifierSpec {
  /** The encoder; what belongs to decoders has no influence. */
  readonly model: ModelSpec;
  /** Classes. */
  readonly classes: number;
}

/** What belongs to the classes freezes last: with the last block, which never does. */
const HEAD = { _tag: "Stage", index: 0 } as const;

/**
 * Every parameter of a classifier under timm's names: class token, positions, patch
 * embedding, blocks, `fc_norm`, `head`. The positions belong to what the patch
 * embedding belongs to.
 *
 * @param spec Sizes.
 */
export function classifierParameters(
  { model, classes }: ClassifierSpec,
): readonly ParameterSpec[] {
  const { embedDim: D } = model;
  const [classToken, ...others] = parameterSpecs(model).filter(({ owner }) =>
    owner._tag !== "Stage"
  );
  const positions: ParameterSpec = {
    name: "pos_embed",
    shape: [1, 1 + patchCount(model), D],
    owner: { _tag: "PatchEmbed" },
    init: { _tag: "Zeros" },
  };
  const head = (
    name: string,
    shape: readonly number[],
    init: ParameterSpec["init"],
  ) => ({ name, shape, owner: HEAD, init });
  return [
    ...classToken === undefined ? [] : [classToken],
    positions,
    ...others,
    head("fc_norm.weight", [D], { _tag: "Ones" }),
    head("fc_norm.bias", [D], { _tag: "Zeros" }),
    head("head.weight", [classes, D], { _tag: "Normal", deviation: 2e-5 }),
    head("head.bias", [classes], { _tag: "Zeros" }),
  ];
}

/** Nodes of a classifier. */
export interface ClassifierNodes {
  /** Mean of the patch tokens after its norm, `[B, D]`. */
  readonly pooled: NodeId;
  /** Scores of the classes, `[B, classes]`. */
  readonly scores: NodeId;
}

/** Declares the parameters of a classifier as inputs when they are first asked for. */
export function classifierScope(
  g: GraphBuilder,
  spec: ClassifierSpec,
): ModelScope {
  return modelScope(g, spec.model, classifierParameters(spec));
}

/** Factors of the branches of a block, cut from `[2·depth, B]`. */
const factorsOf = (g: GraphBuilder, branches: NodeId) =>
(
  block: number,
): BranchFactors => {
  const [, batch = 0] = g.shape(branches);
  const [attention, mlp] = [2 * block, 2 * block + 1].map((row) =>
    g.reshape(g.slice(branches, 0, row, 1), [batch, 1, 1])
  ) as [NodeId, NodeId];
  return [attention, mlp];
};

/**
 * Classifies images.
 *
 * @param scope Builder and parameters, `classifierScope`.
 * @param spec Sizes.
 * @param images `[B, C, S, S]`.
 * @param branches Factors `[2·depth, B]` on attention and MLP of each block, or `null` for 1.
 */
export function classify(
  scope: ModelScope,
  { model }: ClassifierSpec,
  images: NodeId,
  branches: NodeId | null = null,
): ClassifierNodes {
  const { g } = scope;
  const [batch = 0] = g.shape(images);
  const [L, D] = [patchCount(model), model.embedDim];
  const positions = scope.parameter("pos_embed");
  const { blocks } = encode(scope, model, images, null, model.depth, {
    positions,
    ...branches === null ? {} : { dropPath: factorsOf(g, branches) },
  });
  const patches = g.slice(blocks.at(-1) ?? -1, 1, 1, L);
  const mean = g.scale(g.sumTo(patches, [batch, 1, D]), 1 / L);
  const pooled = layerNorm(scope, "fc_norm", g.reshape(mean, [batch, D]));
  return { pooled, scores: linear(scope, "head", pooled) };
}
