/** Layer-wise adaptive rate scaling. */
import {
  type Codec,
  DECAY,
  NOT_NEGATIVE,
  oneOf,
  POSITIVE,
} from "../codec/codec.ts";
import { recordOf } from "../codec/structures.ts";
import type { GraphBuilder } from "../graph/builder.ts";
import { type NodeId, sizeOf } from "../graph/node.ts";

/** Constants of LARS. */
export interface LarsOptions {
  /** Decay `μ` of the momentum, in `[0, 1)`. */
  readonly momentum: number;
  /** Weight decay added to the gradient of matrices, `≥ 0`. */
  readonly weightDecay: number;
  /** Trust coefficient `η`, `> 0`. */
  readonly trust: number;
}

/** LARS as the rule of an optimizer step. */
export interface LarsConfig extends LarsOptions {
  /** Discriminant. */
  readonly _tag: "Lars";
}

/** Accepts constants of LARS. */
export const larsCodec: Codec<LarsConfig> = recordOf<LarsConfig>({
  _tag: oneOf("Lars"),
  momentum: DECAY,
  weightDecay: NOT_NEGATIVE,
  trust: POSITIVE,
});

/** Nodes of a parameter, its gradient and its momentum. */
export interface LarsNodes {
  /** The parameter. */
  readonly parameter: NodeId;
  /** Its gradient, of the same shape. */
  readonly gradient: NodeId;
  /** Its momentum, of the same shape. */
  readonly momentum: NodeId;
}

/** Length of a tensor, and the tensor brought to length 1; one of zeros stays. */
interface Polar {
  readonly length: NodeId;
  readonly direction: NodeId;
}

/**
 * Length and direction of a matrix: rows first, then their lengths, so that no sum
 * is long and no square leaves float32.
 */
function polar(g: GraphBuilder, x: NodeId): Polar {
  const [rows = 1, ...rest] = g.shape(x);
  const units = (y: NodeId): NodeId => g.apply("l2Normalize", {}, [y]);
  const matrix = g.reshape(x, [rows, sizeOf(rest)]);
  const unitRows = units(matrix);
  const lengths = g.sumTo(g.multiply(matrix, unitRows), [rows, 1]);
  const row = g.reshape(lengths, [1, rows]);
  const shares = units(row);
  const direction = g.multiply(unitRows, g.reshape(shares, [rows, 1]));
  return {
    length: g.sumTo(g.multiply(row, shares), []),
    direction: g.reshape(direction, g.shape(x)),
  };
}

/** Exponent whose negative has a float32 exponential of 0 for any length above `1e-28`. */
const STEEP = 1e30;

/** 1 for a length of 0, else 0: twice the first of `softmax(−length · 10³⁰, 0)`. */
function isZero(g: GraphBuilder, length: NodeId): NodeId {
  const far = g.reshape(g.scale(length, -STEEP), [1]);
  const parts = g.apply("softmax", {}, [
    g.concat([far, g.constant([0], [1])], 0),
  ]);
  return g.scale(g.reshape(g.slice(parts, 0, 0, 1), []), 2);
}

/** Addition to the momentum: the gradient of a vector, the scaled one of a matrix. */
function scaledGradient(
  g: GraphBuilder,
  { weightDecay, trust }: LarsOptions,
  { parameter, gradient }: LarsNodes,
): NodeId {
  if (g.shape(parameter).length < 2) return gradient;
  const decayed = weightDecay === 0
    ? gradient
    : g.add(gradient, g.scale(parameter, weightDecay));
  const { length } = polar(g, parameter);
  const { direction } = polar(g, decayed);
  const trusted = g.multiply(direction, g.scale(length, trust));
  return g.add(trusted, g.multiply(decayed, isZero(g, length)));
}

/**
 * One LARS step of one parameter: with `d = g + λ·p`,
 * `m ← μ·m + η·‖p‖·d/‖d‖` and `p ← p − rate·m` for a matrix; for a vector, and for a
 * matrix of zeros, `d` is taken as it is, for a vector without `λ·p`.
 *
 * @param options `μ`, `λ` and `η`.
 * @see You, Gitman and Ginsburg, Large Batch Training of Convolutional Networks,
 * 2017: {@link https://arxiv.org/abs/1708.03888}
 */
export function larsUpdate(
  g: GraphBuilder,
  options: LarsOptions,
  nodes: LarsNodes,
  rate: NodeId,
): Pick<LarsNodes, "parameter" | "momentum"> {
  const momentum = g.add(
    g.scale(nodes.momentum, options.momentum),
    scaledGradient(g, options, nodes),
  );
  const parameter = g.subtract(nodes.parameter, g.multiply(momentum, rate));
  return { parameter, momentum };
}
