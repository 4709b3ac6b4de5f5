/** Layers of a Transformer as graph nodes; each declares its own parameters. */
import type { GraphBuilder } from "../graph/builder.ts";
import { type NodeId, type Shape, sizeOf } from "../graph/node.ts";
import { type Initializer, ONES, xavier, ZEROS } from "./init.ts";
import type { Scope } from "./scope.ts";

/** Differences of a linear layer from the usual one. */
export interface LinearOptions {
  /** Shape of the weight, whose trailing extents are flattened; `[out, in]` by default. */
  readonly shape?: Shape;
  /** First values of the weight; Xavier-uniform by default. */
  readonly weight?: Initializer;
  /** First values of the bias; 0 by default. */
  readonly bias?: Initializer;
}

/**
 * `x·Wᵀ + b` on the last axis.
 *
 * @param scope Scope in which nodes are written and `NAME.weight`, `NAME.bias` are declared.
 * @param x `[..., in]`.
 * @param outputs Extent of the last axis of the result.
 * @returns `[..., outputs]`.
 */
export function linear(
  { g, parameter }: Scope,
  name: string,
  x: NodeId,
  outputs: number,
  options: LinearOptions = {},
): NodeId {
  const lead = g.shape(x).slice(0, -1);
  const inputs = g.shape(x).at(-1) ?? 1;
  const weight = parameter(
    `${name}.weight`,
    options.shape ?? [outputs, inputs],
    options.weight ?? xavier(inputs, outputs),
  );
  const product = g.matmul(
    g.reshape(x, [sizeOf(lead), inputs]),
    g.reshape(weight, [outputs, inputs]),
    { transposeB: true },
  );
  const bias = parameter(`${name}.bias`, [outputs], options.bias ?? ZEROS);
  return g.reshape(g.add(product, bias), [...lead, outputs]);
}

/**
 * Layer normalisation with gain and bias on the last axis.
 *
 * @param scope Scope in which nodes are written and `NAME.weight`, `NAME.bias` are declared.
 * @param name Prefix of its parameters.
 */
export function layerNorm(
  { g, parameter }: Scope,
  name: string,
  x: NodeId,
  epsilon: number,
): NodeId {
  const width = g.shape(x).at(-1) ?? 1;
  return g.apply("layerNorm", { epsilon }, [
    x,
    parameter(`${name}.weight`, [width], ONES),
    parameter(`${name}.bias`, [width], ZEROS),
  ]);
}

/** Exact GELU. */
export function gelu(g: GraphBuilder, x: NodeId): NodeId {
  return g.apply("gelu", {}, [x]);
}

/** A node, and the weights of the attention within it. */
export interface Attended {
  /** Tokens, `[B, N, D]`. */
  readonly tokens: NodeId;
  /** For each head and token the weights of all tokens, `[B, H, N, N]`; each row adds up to 1. */
  readonly weights: NodeId;
}

/**
 * Multi-head self-attention on `x [B, N, D]`.
 *
 * @see Vaswani et al. 2017, section 3.2; the product `qkv` is read as `[3][heads][head width]`.
 */
function attention(
  scope: Scope,
  name: string,
  x: NodeId,
  numHeads: number,
): Attended {
  const { g } = scope;
  const [batch = 0, tokens = 0, width = 0] = g.shape(x);
  const headWidth = width / numHeads;
  const qkv = g.transpose(
    g.reshape(linear(scope, `${name}.qkv`, x, 3 * width), [
      batch,
      tokens,
      3,
      numHeads,
      headWidth,
    ]),
    [2, 0, 3, 1, 4],
  );
  const [q, k, v] = [0, 1, 2].map((part) =>
    g.reshape(g.slice(qkv, 0, part, 1), [batch, numHeads, tokens, headWidth])
  ) as [NodeId, NodeId, NodeId];
  const scores = g.matmul(g.scale(q, headWidth ** -0.5), k, {
    transposeB: true,
  });
  const weights = g.apply("softmax", {}, [scores]);
  const mixed = g.matmul(weights, v);
  const joined = g.reshape(g.transpose(mixed, [0, 2, 1, 3]), [
    batch,
    tokens,
    width,
  ]);
  return { tokens: linear(scope, `${name}.proj`, joined, width), weights };
}

/** Sizes of a block beside its width. */
export interface BlockSizes {
  /** Heads of its attention. */
  readonly numHeads: number;
  /** Hidden width of its MLP as a multiple of its width. */
  readonly mlpRatio: number;
  /** `ε` of its norms. */
  readonly epsilon: number;
}

/** Factors `[B, 1, 1]` on what attention and MLP of a block add. */
export type BranchFactors = readonly [attention: NodeId, mlp: NodeId];

/**
 * Pre-norm Transformer block on `x [B, N, D]`.
 *
 * @param factors Factors on the branches of each sample; 1 by default.
 *
 * @returns Its tokens, and the weights of its attention.
 * @see Dosovitskiy et al. 2021, equations 2 and 3; Huang et al., Deep Networks
 * with Stochastic Depth, 2016, for the factors.
 */
export function attendingBlock(
  scope: Scope,
  name: string,
  x: NodeId,
  { numHeads, mlpRatio, epsilon }: BlockSizes,
  factors?: BranchFactors,
): Attended {
  const { g } = scope;
  const width = g.shape(x).at(-1) ?? 1;
  const scaled = (branch: NodeId, factor: NodeId | undefined): NodeId =>
    factor === undefined ? branch : g.multiply(branch, factor);
  const first = layerNorm(scope, `${name}.norm1`, x, epsilon);
  const mixed = attention(scope, `${name}.attn`, first, numHeads);
  const attended = g.add(x, scaled(mixed.tokens, factors?.[0]));
  const second = layerNorm(scope, `${name}.norm2`, attended, epsilon);
  const hidden = linear(scope, `${name}.mlp.fc1`, second, mlpRatio * width);
  const mapped = linear(scope, `${name}.mlp.fc2`, gelu(g, hidden), width);
  const tokens = g.add(attended, scaled(mapped, factors?.[1]));
  return { tokens, weights: mixed.weights };
}

/** The tokens of such a block, `[B, N, D]`. */
export const block = (...inputs: Parameters<typeof attendingBlock>): NodeId =>
  attendingBlock(...inputs).tokens;
