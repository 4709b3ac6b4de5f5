/** Features of images: the numbers of an encoder that stand for a picture. */
import type { GraphBuilder } from "../graph/builder.ts";
import type { NodeId } from "../graph/node.ts";
import { encode, tapNorm } from "./encoder.ts";
import type { ModelSpec, VitScope } from "./model_spec.ts";

/** The numbers of the encoder that make the feature of an image. */
export interface FeatureSpec {
  /** The mean of the patch tokens, or the class token. */
  readonly tokens: "patches" | "classToken";
  /** Stages whose taps are laid side by side, by number; each is normalised by its own norm. */
  readonly stages: readonly number[];
}

/**
 * The mean of the patch tokens after the last block, through its norm: what classifiers
 * on top of the encoder see, and the default feature of an evaluation.
 */
export function lastTap(spec: ModelSpec): FeatureSpec {
  return { tokens: "patches", stages: [spec.stages.length - 1] };
}

/** The mean of the patch tokens at every tap, side by side: LocalMIM trains at each of them. */
export function allTaps(spec: ModelSpec): FeatureSpec {
  return { tokens: "patches", stages: spec.stages.map((_, k) => k) };
}

/** Mean of the patch tokens, or the class token, of `tokens [B, 1 + L, D]`: `[B, D]`. */
function pooled(
  g: GraphBuilder,
  tokens: NodeId,
  kind: FeatureSpec["tokens"],
): NodeId {
  const [batch = 0, count = 0, width = 0] = g.shape(tokens);
  const patches = count - 1;
  const one = kind === "classToken" ? g.slice(tokens, 1, 0, 1) : g.scale(
    g.sumTo(g.slice(tokens, 1, 1, patches), [batch, 1, width]),
    1 / patches,
  );
  return g.reshape(one, [batch, width]);
}

/** How the positions of patches are known: by the fixed table, or as a parameter. */
type Positions = "fixed" | "learned";

/** The tokens at each tap of a feature, `[B, 1 + L, D]`, through the norm of its stage. */
function tappedTokens(
  scope: VitScope,
  spec: ModelSpec,
  images: NodeId,
  stages: readonly number[],
  positions: Positions,
): readonly NodeId[] {
  const taps = stages.map((stage) => spec.stages[stage]?.tap ?? -1);
  const depth = Math.max(...taps) + 1;
  const { blocks } = encode(scope, spec, images, null, depth, { positions });
  return stages.map((stage, i) =>
    tapNorm(scope, spec, stage, blocks[taps[i] ?? -1] ?? -1)
  );
}

/**
 * The feature of whole images, all patches visible.
 *
 * @param images `[B, C, S, S]`.
 * @param feature The numbers that make it.
 * @param positions The fixed position table, or the parameter `pos_embed [1, 1 + L, D]`.
 * @returns `[B, F]` with `F` the encoder's width times the number of taps.
 */
export function featureNodes(
  scope: VitScope,
  spec: ModelSpec,
  images: NodeId,
  feature: FeatureSpec,
  positions: Positions,
): NodeId {
  const { stages, tokens } = feature;
  const parts = tappedTokens(scope, spec, images, stages, positions)
    .map((tapped) => pooled(scope.g, tapped, tokens));
  return scope.g.concat(parts, 1);
}

/**
 * The features of all patches of whole images, all of them visible.
 *
 * @param images `[B, C, S, S]`.
 * @param stages Stages whose taps are laid side by side, by number.
 * @param positions The fixed position table, or the parameter `pos_embed [1, 1 + L, D]`.
 * @returns `[B, L, F]`, patches row by row, with `F` the encoder's width times the number
 * of taps.
 */
export function patchFeatureNodes(
  scope: VitScope,
  spec: ModelSpec,
  images: NodeId,
  stages: readonly number[],
  positions: Positions,
): NodeId {
  const { g } = scope;
  const parts = tappedTokens(scope, spec, images, stages, positions)
    .map((tapped) => g.slice(tapped, 1, 1, (g.shape(tapped)[1] ?? 1) - 1));
  return g.concat(parts, 2);
}
