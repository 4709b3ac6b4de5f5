/**
 * Layers of a Transformer as graph nodes.
 *
 * @module
 */
import type { GraphBuilder } from "../graph/builder.ts";
import { type NodeId, sizeOf } from "../graph/node.ts";
import { type ParameterSpec, parameterSpecs } from "../models/parameters.ts";
import type { ModelSpec } from "../models/model_spec.ts";

/** A builder together with the parameters of a model, by name. */
export interface ModelScope {
  /** Where nodes are written. */
  readonly g: GraphBuilder;
  /** Input node of a parameter. */
  readonly parameter: (name: string) => NodeId;
  /** `ε` of layer normalisation. */
  readonly epsilon: number;
}

/**
 * Declares parameters as inputs of the graph when they are first asked for.
 *
 * @param g Where nodes are written.
 * @param spec The model whose parameters they are.
 * @param parameters Its parameters, if they are not all those of `parameterSpecs`.
 */
export function modelScope(
  g: GraphBuilder,
  spec: ModelSpec,
  parameters: readonly ParameterSpec[] = parameterSpecs(spec),
): ModelScope {
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  return {
    g,
    parameter: (name) => {
      const shape = shapes.get(name);
      return shape === undefined ? -1 : g.input(name, shape);
    },
    epsilon: spec.layerNormEps,
  };
}

/** `x·Wᵀ + b` on the last axis of `x [..., in]`; `W [out, in]` may have trailing extents that are flattened. */
export function linear(
  { g, parameter }: ModelScope,
  name: string,
  x: NodeId,
): NodeId {
  const weight = parameter(`${name}.weight`);
  const [outputs = 0, ...rest] = g.shape(weight);
  const lead = g.shape(x).slice(0, -1);
  const rows = g.reshape(x, [sizeOf(lead), sizeOf(rest)]);
  const product = g.matmul(rows, g.reshape(weight, [outputs, sizeOf(rest)]), {
    transposeB: true,
  });
  return g.reshape(g.add(product, parameter(`${name}.bias`)), [
    ...lead,
    outputs,
  ]);
}

/** Layer normalisation with gain and bias on the last axis. */
export function layerNorm(
  { g, parameter, epsilon }: ModelScope,
  name: string,
  x: NodeId,
): NodeId {
  return g.apply("layerNorm", { epsilon }, [
    x,
    parameter(`${name}.weight`),
    parameter(`${name}.bias`),
  ]);
}

/** Exact GELU. */
export function gelu({ g }: ModelScope, x: NodeId): NodeId {
  return g.apply("gelu", {}, [x]);
}

/**
 * Multi-head self-attention on `x [B, N, D]`.
 *
 * @see Vaswani et al. 2017, section 3.2; the product `qkv` is read as `[3][heads][head width]`.
 */
export function attention(
  scope: ModelScope,
  name: string,
  x: NodeId,
  numHeads: number,
): NodeId {
  const { g } = scope;
  const [batch = 0, tokens = 0, width = 0] = g.shape(x);
  const headWidth = width / numHeads;
  const qkv = g.transpose(
    g.reshape(linear(scope, `${name}.qkv`, x), [
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
  const mixed = g.matmul(g.apply("softmax", {}, [scores]), v);
  const joined = g.reshape(g.transpose(mixed, [0, 2, 1, 3]), [
    batch,
    tokens,
    width,
  ]);
  return linear(scope, `${name}.proj`, joined);
}

/** Factors `[B, 1, 1]` on what attention and MLP of a block add. */
export type BranchFactors = readonly [attention: NodeId, mlp: NodeId];

/**
 * Pre-norm Transformer block on `x [B, N, D]`.
 *
 * @param scope Builder and parameters.
 * @param name Prefix of its parameters.
 * @param x Its input.
 * @param numHeads Heads of its attention.
 * @param factors Factors on the branches of each sample; 1 when left out.
 *
 * @see Dosovitskiy et al. 2021, equations 2 and 3; Huang et al., Deep Networks
 * with Stochastic Depth, 2016, for the factors.
 */
export function block(
  scope: ModelScope,
  name: string,
  x: NodeId,
  numHeads: number,
  factors?: BranchFactors,
): NodeId {
  const { g } = scope;
  const scaled = (branch: NodeId, factor: NodeId | undefined): NodeId =>
    factor === undefined ? branch : g.multiply(branch, factor);
  const mixed = attention(
    scope,
    `${name}.attn`,
    layerNorm(scope, `${name}.norm1`, x),
    numHeads,
  );
  const attended = g.add(x, scaled(mixed, factors?.[0]));
  const hidden = linear(
    scope,
    `${name}.mlp.fc1`,
    layerNorm(scope, `${name}.norm2`, attended),
  );
  const mapped = linear(scope, `${name}.mlp.fc2`, gelu(scope, hidden));
  return g.add(attended, scaled(mapped, factors?.[1]));
}
