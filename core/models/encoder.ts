/** The Vision Transformer encoder as graph nodes. */
import type { GraphBuilder } from "../graph/builder.ts";
import type { Graph, NodeId } from "../graph/node.ts";
import { traceGraph } from "../graph/trace.ts";
import {
  type Initializer,
  normal,
  uniform,
  xavier,
  ZEROS,
} from "../nn/init.ts";
import {
  attendingBlock,
  type BranchFactors,
  layerNorm,
  linear,
} from "../nn/layers.ts";
import { sinCosPositions } from "../nn/positions.ts";
import { modelScope } from "../nn/scope.ts";
import type { Faults, Result } from "../result.ts";
import {
  gridSize,
  type ModelSpec,
  type Owner,
  patchCount,
  type VitScope,
} from "./model_spec.ts";

/** First values of learned tokens. */
export const TOKEN_START: Initializer = normal(0.02);

/** Images `[B, C, S, S]` cut into flat patches `[B, L, C·P·P]`, row by row. */
export function patchify(
  g: GraphBuilder,
  spec: ModelSpec,
  images: NodeId,
): NodeId {
  const { patchSize: P, inChannels: C } = spec;
  const G = gridSize(spec);
  const [batch = 0] = g.shape(images);
  const cut = g.transpose(g.reshape(images, [batch, C, G, P, G, P]), [
    0,
    2,
    4,
    1,
    3,
    5,
  ]);
  return g.reshape(cut, [batch, patchCount(spec), C * P * P]);
}

/** Tokens of an image and the output of every block. */
export interface Encoding {
  /** Patches after embedding and position, `[B, keep, D]`. */
  readonly visibleTokens: NodeId;
  /** Output of each block, `[B, 1 + keep, D]`. */
  readonly blocks: readonly NodeId[];
  /** Weights of each block's attention, `[B, H, 1 + keep, 1 + keep]`. */
  readonly attention: readonly NodeId[];
}

/** Differences of an encoder from that of pre-training. */
export interface EncodeOptions {
  /** Positions: the fixed table, or the parameter `pos_embed [1, 1 + L, D]`, whose first row is added to the class token. */
  readonly positions?: "fixed" | "learned";
  /** Factors on the two branches of each block, if they are to be dropped at random. */
  readonly dropPath?: (block: number) => BranchFactors;
}

/** Positions of the patches `[1, L, D]` or `[L, D]`, and the first token of every sequence `[1, 1, D]`. */
function positionsAndToken(
  scope: VitScope,
  spec: ModelSpec,
  kind: "fixed" | "learned",
): readonly [positions: NodeId, classToken: NodeId] {
  const { g } = scope;
  const [L, D] = [patchCount(spec), spec.embedDim];
  const token = scope.of({ _tag: "ClassToken" })
    .parameter("cls_token", [1, 1, D], TOKEN_START);
  if (kind === "fixed") {
    const fixed = () => sinCosPositions(D, gridSize(spec)).slice(D);
    return [g.constant(fixed, [L, D]), token];
  }
  const table = scope.of({ _tag: "PatchEmbed" })
    .parameter("pos_embed", [1, 1 + L, D], ZEROS);
  return [g.slice(table, 1, 1, L), g.add(token, g.slice(table, 1, 0, 1))];
}

/** Flat patches `[B, n, C·P·P]` to tokens `[B, n, D]`; the weight is that of a convolution. */
function embed(
  scope: VitScope,
  { inChannels: C, patchSize: P, embedDim: D }: ModelSpec,
  patches: NodeId,
): NodeId {
  const fanIn = C * P * P;
  const owned = scope.of({ _tag: "PatchEmbed" });
  return linear(owned, "patch_embed.proj", patches, D, {
    shape: [D, C, P, P],
    weight: xavier(fanIn, D),
    bias: uniform(1 / Math.sqrt(fanIn)),
  });
}

/**
 * Encodes images up to a block.
 *
 * Patches are picked before they are embedded: the hidden ones cost nothing.
 *
 * @param images `[B, C, S, S]`.
 * @param idsKeep Visible patches `[B, keep]`, or `null` for all in order.
 * @param depth Number of blocks to run.
 * @param options A position table that is learned; branches that are dropped.
 */
export function encode(
  scope: VitScope,
  spec: ModelSpec,
  images: NodeId,
  idsKeep: NodeId | null,
  depth: number = spec.depth,
  { positions: kind = "fixed", dropPath }: EncodeOptions = {},
): Encoding {
  const { g } = scope;
  const [batch = 0] = g.shape(images);
  const pick = (rows: NodeId): NodeId =>
    idsKeep === null ? rows : g.apply("gatherRows", {}, [rows, idsKeep]);
  const [L, D] = [patchCount(spec), spec.embedDim];
  const [positions, token] = positionsAndToken(scope, spec, kind);
  const visibleTokens = g.add(
    embed(scope, spec, pick(patchify(g, spec, images))),
    pick(g.broadcastTo(positions, [batch, L, D])),
  );
  const classToken = g.broadcastTo(token, [batch, 1, D]);
  const sizes = { ...spec, epsilon: spec.layerNormEps };
  const blocks: NodeId[] = [];
  const attention: NodeId[] = [];
  for (let index = 0; index < depth; index++) {
    const x = blocks.at(-1) ?? g.concat([classToken, visibleTokens], 1);
    const owned = scope.of({ _tag: "Block", index });
    const { tokens, weights } = attendingBlock(
      ...[owned, `blocks.${index}`, x, sizes, dropPath?.(index)] as const,
    );
    blocks.push(tokens);
    attention.push(weights);
  }
  return { visibleTokens, blocks, attention };
}

/**
 * Tokens of a tap after their norm.
 *
 * @param stage Number of the stage that taps them.
 * @param tapped `[B, tokens, D]`.
 */
export function tapNorm(
  scope: VitScope,
  { layerNormEps }: ModelSpec,
  stage: number,
  tapped: NodeId,
): NodeId {
  const owned = scope.of({ _tag: "Stage", index: stage });
  return layerNorm(owned, `norm.${stage}`, tapped, layerNormEps);
}

/**
 * The whole encoder on whole images, with the norm of the last tap.
 *
 * Inputs: `pixel_values [B, C, S, S]`, the encoder's parameters and its position
 * table `pos_embed [1, 1 + L, D]`. Outputs, named as in Hugging Face's libraries:
 * `last_hidden_state [B, 1 + L, D]`, class token first, and `pooler_output [B, D]`,
 * the mean of the patch tokens.
 */
export function encoderGraph(
  spec: ModelSpec,
  batch: number,
): Result<Faults, Graph> {
  const { inChannels: C, imageSize: S, embedDim: D, stages } = spec;
  const L = patchCount(spec);
  return traceGraph((g) => {
    const scope = modelScope<Owner>(g);
    const images = g.input("pixel_values", [batch, C, S, S]);
    const { blocks } = encode(scope, spec, images, null, spec.depth, {
      positions: "learned",
    });
    const tokens = tapNorm(scope, spec, stages.length - 1, blocks.at(-1) ?? -1);
    const patches = g.sumTo(g.slice(tokens, 1, 1, L), [batch, 1, D]);
    return {
      last_hidden_state: tokens,
      pooler_output: g.reshape(g.scale(patches, 1 / L), [batch, D]),
    };
  });
}
