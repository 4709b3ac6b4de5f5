/**
 * The Vision Transformer encoder as graph nodes.
 *
 * @module
 */
import type { NodeId } from "../graph/node.ts";
import {
  block,
  type BranchFactors,
  linear,
  type ModelScope,
} from "../nn/layers.ts";
import { gridSize, type ModelSpec, patchCount } from "./model_spec.ts";
import { sinCosPositions } from "../nn/pos_embed.ts";

/** Images `[B, C, S, S]` cut into flat patches `[B, L, C·P·P]`, row by row. */
export function patchify(
  { g }: ModelScope,
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
}

/** What differs from the encoder of pre-training. */
export interface EncodeOptions {
  /** Position table `[1, 1 + L, D]` in place of the fixed one; its first row is added to the class token. */
  readonly positions?: NodeId;
  /** Factors on the two branches of each block, if they are to be dropped at random. */
  readonly dropPath?: (block: number) => BranchFactors;
}

/** Positions of the patches `[1, L, D]`, and the first token of every sequence `[1, 1, D]`. */
function positionsAndToken(
  { g, parameter }: ModelScope,
  spec: ModelSpec,
  table: NodeId | undefined,
): readonly [positions: NodeId, classToken: NodeId] {
  const [L, D] = [patchCount(spec), spec.embedDim];
  const token = parameter("cls_token");
  if (table === undefined) {
    const fixed = sinCosPositions(D, gridSize(spec)).slice(D);
    return [g.constant(fixed, [L, D]), token];
  }
  return [g.slice(table, 1, 1, L), g.add(token, g.slice(table, 1, 0, 1))];
}

/**
 * Encodes images up to a block.
 *
 * Patches are picked before they are embedded: the hidden ones cost nothing.
 *
 * @param scope Builder and parameters.
 * @param spec Sizes.
 * @param images `[B, C, S, S]`.
 * @param idsKeep Visible patches `[B, keep]`, or `null` for all in order.
 * @param depth How many blocks to run.
 * @param options A position table that is learned; branches that are dropped.
 */
export function encode(
  scope: ModelScope,
  spec: ModelSpec,
  images: NodeId,
  idsKeep: NodeId | null,
  depth: number = spec.depth,
  { positions: table, dropPath }: EncodeOptions = {},
): Encoding {
  const { g } = scope;
  const [batch = 0] = g.shape(images);
  const pick = (rows: NodeId): NodeId =>
    idsKeep === null ? rows : g.apply("gatherRows", {}, [rows, idsKeep]);
  const [L, D] = [patchCount(spec), spec.embedDim];
  const [positions, token] = positionsAndToken(scope, spec, table);
  const embedded = linear(
    scope,
    "patch_embed.proj",
    pick(patchify(scope, spec, images)),
  );
  const visibleTokens = g.add(
    embedded,
    pick(g.broadcastTo(positions, [batch, L, D])),
  );
  const classToken = g.broadcastTo(token, [batch, 1, D]);
  const blocks: NodeId[] = [];
  for (let i = 0; i < depth; i++) {
    const x = blocks.at(-1) ?? g.concat([classToken, visibleTokens], 1);
    const factors = dropPath?.(i);
    blocks.push(block(scope, `blocks.${i}`, x, spec.numHeads, factors));
  }
  return { visibleTokens, blocks };
}
