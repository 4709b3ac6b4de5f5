/**
 * A Vision Transformer that classifies: the encoder, the mean of its patches, a norm
 * and a linear layer, all trainable.
 */
import type { GraphBuilder } from "../graph/builder.ts";
import type { Graph, NodeId } from "../graph/node.ts";
import { traceGraph } from "../graph/trace.ts";
import { memoized } from "../memo.ts";
import { normal } from "../nn/init.ts";
import { type BranchFactors, layerNorm, linear } from "../nn/layers.ts";
import { softCrossEntropy } from "../nn/losses.ts";
import { modelScope, recorded } from "../nn/scope.ts";
import type { Faults, Result } from "../result.ts";
import { encode } from "./encoder.ts";
import type { StepSpec } from "./local_mim.ts";
import {
  type ModelSpec,
  type Owner,
  type ParameterSpec,
  patchCount,
  type VitScope,
} from "./model_spec.ts";

/** Sizes of a classifier. */
export interface ClassifierSpec {
  /** The encoder; what belongs to decoders has no influence. */
  readonly model: ModelSpec;
  /** Classes. */
  readonly classes: number;
}

/** The part of the classes freezes last: with the last block, which never does. */
const HEAD = { _tag: "Stage", index: 0 } as const;

/** Nodes of a classifier. */
export interface ClassifierNodes {
  /** Tokens after each block, `[B, 1 + L, D]`. */
  readonly blocks: readonly NodeId[];
  /** Mean of the patch tokens after its norm, `[B, D]`. */
  readonly pooled: NodeId;
  /** Scores of the classes, `[B, classes]`. */
  readonly scores: NodeId;
}

/** Factors of the branches of a block, cut from `[B, 2·depth]`. */
const factorsOf = (g: GraphBuilder, branches: NodeId) =>
(
  block: number,
): BranchFactors => {
  const [batch = 0] = g.shape(branches);
  const [attention, mlp] = [2 * block, 2 * block + 1].map((column) =>
    g.reshape(g.slice(branches, 1, column, 1), [batch, 1, 1])
  ) as [NodeId, NodeId];
  return [attention, mlp];
};

/**
 * Classifies images.
 *
 * @param images `[B, C, S, S]`.
 * @param branches Factors `[B, 2·depth]` on attention and MLP of each block, or `null` for 1.
 */
export function classify(
  scope: VitScope,
  { model, classes }: ClassifierSpec,
  images: NodeId,
  branches: NodeId | null = null,
): ClassifierNodes {
  const { g } = scope;
  const [batch = 0] = g.shape(images);
  const [L, D] = [patchCount(model), model.embedDim];
  const { blocks } = encode(scope, model, images, null, model.depth, {
    positions: "learned",
    ...branches === null ? {} : { dropPath: factorsOf(g, branches) },
  });
  const patches = g.slice(blocks.at(-1) ?? -1, 1, 1, L);
  const mean = g.scale(g.sumTo(patches, [batch, 1, D]), 1 / L);
  const head = scope.of(HEAD);
  const pooled = layerNorm(
    head,
    "fc_norm",
    g.reshape(mean, [batch, D]),
    model.layerNormEps,
  );
  const weight = normal(2e-5);
  const scores = linear(head, "head", pooled, classes, { weight });
  return { blocks, pooled, scores };
}

/** Declares a batch of images. */
const imageInput = (
  g: GraphBuilder,
  { inChannels: C, imageSize: S }: ModelSpec,
  batch: number,
): NodeId => g.input("images", [batch, C, S, S]);

/**
 * Every parameter of a classifier under timm's names: class token, positions, patch
 * embedding, blocks, `fc_norm`, `head`. The positions belong to what the patch
 * embedding belongs to.
 */
export const classifierParameters: (
  spec: ClassifierSpec,
) => readonly ParameterSpec[] = memoized((spec: ClassifierSpec) =>
  recorded<Owner>((scope) =>
    classify(scope, spec, imageInput(scope.g, spec.model, 1))
  ).parameters
);

/** A training step of a classifier. */
export interface ClassifierStep
  extends ClassifierSpec, Pick<StepSpec, "batch" | "samples" | "isTrainable"> {
  /** True if branches are dropped at random; then `branches` is an input. */
  readonly dropPath: boolean;
}

/**
 * Forward and backward pass of one micro-batch.
 *
 * Inputs: the parameters by name, `images [B, C, S, S]`, `targets [B, classes]`, and
 * `branches [B, 2·depth]` if branches are dropped. Outputs: `loss`, and
 * `gradient/NAME` of each trained parameter. What no output needs is not in the
 * graph.
 *
 * @param watch Further outputs to keep.
 */
export function classifierStepGraph(
  step: ClassifierStep,
  watch: (nodes: ClassifierNodes) => Readonly<Record<string, NodeId>> =
    () => ({}),
): Result<Faults, Graph> {
  const { model, classes, batch } = step;
  return traceGraph((g) => {
    const scope = modelScope<Owner>(g);
    const images = imageInput(g, model, batch);
    const targets = g.input("targets", [batch, classes]);
    const branches = step.dropPath
      ? g.input("branches", [batch, 2 * model.depth])
      : null;
    const nodes = classify(scope, step, images, branches);
    const loss = softCrossEntropy(g, nodes.scores, targets, step.samples);
    return {
      loss,
      ...scope.gradients(loss, ({ owner }) => step.isTrainable(owner)),
      ...watch(nodes),
    };
  });
}

/**
 * Scores of whole images.
 *
 * Inputs: the parameters by name and `images [B, C, S, S]`. Output: `scores
 * [B, classes]`.
 */
export function classifierScoreGraph(
  spec: ClassifierSpec,
  batch: number,
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const images = imageInput(g, spec.model, batch);
    const { scores } = classify(modelScope<Owner>(g), spec, images);
    return { scores };
  });
}
