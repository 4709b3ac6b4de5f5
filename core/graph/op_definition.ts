/** Definition of an op: its shape, meaning, gradient and cost. */
import type { Result } from "../result.ts";
import type { GraphBuilder } from "./builder.ts";
import type {
  NodeId,
  NodeOf,
  OpAttributes,
  OpName,
  Signature,
} from "./node.ts";

/** Row-major numbers of a tensor in the reference interpreter. */
export type Values = Float64Array;

/** Everything that the graph must know of the op `Name`. */
export interface OpDefinition<Name extends OpName> {
  /**
   * Signature of the result.
   *
   * @returns The signature, or in words what inputs are wanted.
   */
  readonly infer: (
    attributes: OpAttributes[Name],
    inputs: readonly Signature[],
  ) => Result<string, Signature>;
  /** The meaning of the op, in float64. */
  readonly evaluate: (
    node: NodeOf<Name>,
    inputs: readonly Values[],
    signatures: readonly Signature[],
  ) => Values;
  /**
   * Vector–Jacobian product: for each input, how to build its gradient from that
   * of the result, or `null` where none is defined (indices, targets).
   */
  readonly vjp: (
    g: GraphBuilder,
    node: NodeOf<Name>,
    cotangent: NodeId,
    self: NodeId,
  ) => readonly (null | (() => NodeId))[];
  /** Floating-point operations that count: those of matrix products and of the HOG pass. */
  readonly flops: (
    node: NodeOf<Name>,
    signatures: readonly Signature[],
  ) => number;
}

/** Definitions of several ops. */
export type OpDefinitions<Names extends OpName> = {
  readonly [Name in Names]: OpDefinition<Name>;
};

/** Cost of ops that are not counted. */
export const free = (): number => 0;

/** No input has a gradient. */
export const noGradient = (
  _g: GraphBuilder,
  node: { readonly inputs: readonly NodeId[] },
): readonly null[] => node.inputs.map(() => null);
