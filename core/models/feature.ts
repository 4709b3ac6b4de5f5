/** Features of images: the numbers of an encoder that stand for a picture. */
import type { GraphBuilder } from "../graph/builder.ts";
import type { NodeId } from "../graph/node.ts";
import { encode, tapNorm } from "./encoder.ts";
import type { ModelSpec, VitScope } from "./model_spec.ts";

/** The numbers of the encoder that make the feature of an image. */
export interface FeatureSpec {
  /** The mean of the patch tokens, or the class token. */
  readonly tokens: "patches" | "classToken";
  /**
   * Side of the grid of regions in each of which the patch tokens are averaged by
   * themselves, from the upper left row by row; 1 where absent, one mean of all. Region
   * `i` of `r` has rows `⌊i G / r⌋` to `⌈(i + 1) G / r⌉` of `G`.
   */
  readonly regions?: number;
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

/**
 * What nearest neighbours are looked for by, where they judge an encoder: as {@link lastTap},
 * but with a mean for each quarter of the picture, so that it counts where things are, as it
 * does for the pixels beside it.
 */
export function neighbourFeature(spec: ModelSpec): FeatureSpec {
  const last = lastTap(spec);
  return spec.imageSize < 2 * spec.patchSize ? last : { ...last, regions: 2 };
}

/** The mean of the patch tokens at every tap, side by side: LocalMIM trains at each of them. */
export function allTaps(spec: ModelSpec): FeatureSpec {
  return { tokens: "patches", stages: spec.stages.map((_, k) => k) };
}

/** Mean of the patch tokens in a rectangle of a grid of tokens `[B, G, G, D]`: `[B, D]`. */
function meanIn(
  g: GraphBuilder,
  grid: NodeId,
  rows: readonly [from: number, to: number],
  columns: readonly [from: number, to: number],
): NodeId {
  const [batch = 0, , , width = 0] = g.shape(grid);
  const [height, breadth] = [rows, columns].map(([from, to]) => to - from) as [
    number,
    number,
  ];
  const inside = g.slice(
    g.slice(grid, 1, rows[0], height),
    ...[2, columns[0], breadth] as const,
  );
  const mean = g.scale(
    g.sumTo(inside, [batch, 1, 1, width]),
    1 / (height * breadth),
  );
  return g.reshape(mean, [batch, width]);
}

/** Means of the patch tokens `[B, L, D]` in regions, side by side: `[B, regions² · D]`. */
function regionMeans(
  g: GraphBuilder,
  tokens: NodeId,
  regions: number,
): NodeId {
  const [batch = 0, count = 0, width = 0] = g.shape(tokens);
  const side = Math.sqrt(count);
  const grid = g.reshape(tokens, [batch, side, side, width]);
  const spans = Array.from({ length: regions }, (_, i) =>
    [
      Math.floor(i * side / regions),
      Math.ceil((i + 1) * side / regions),
    ] as const);
  return g.concat(
    spans.flatMap((rows) =>
      spans.map((columns) => meanIn(g, grid, rows, columns))
    ),
    1,
  );
}

/** What a feature takes of `tokens [B, 1 + L, D]`: `[B, D]`, or so much for each region. */
function pooled(
  g: GraphBuilder,
  tokens: NodeId,
  { tokens: kind, regions = 1 }: FeatureSpec,
): NodeId {
  const [batch = 0, count = 0, width = 0] = g.shape(tokens);
  if (kind === "classToken") {
    return g.reshape(g.slice(tokens, 1, 0, 1), [batch, width]);
  }
  const patches = g.slice(tokens, 1, 1, count - 1);
  if (regions > 1) return regionMeans(g, patches, regions);
  const mean = g.scale(g.sumTo(patches, [batch, 1, width]), 1 / (count - 1));
  return g.reshape(mean, [batch, width]);
}

/** Numbers of a feature: the encoder's width for each tap and region. */
export const featureWidth = (
  { embedDim }: Pick<ModelSpec, "embedDim">,
  { tokens, stages, regions = 1 }: FeatureSpec,
): number =>
  embedDim * stages.length * (tokens === "patches" ? regions ** 2 : 1);

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
 * @returns `[B, F]` with `F` by {@link featureWidth}.
 */
export function featureNodes(
  scope: VitScope,
  spec: ModelSpec,
  images: NodeId,
  feature: FeatureSpec,
  positions: Positions,
): NodeId {
  const { stages } = feature;
  const parts = tappedTokens(scope, spec, images, stages, positions)
    .map((tapped) => pooled(scope.g, tapped, feature));
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
