/**
 * Graphs as data, for objectives and models of one's own: tracing, differentiation, the float64 interpreter.
 *
 * @module
 */
export type { GraphBuilder, Transposition } from "../core/graph/builder.ts";
export { graphFlops } from "../core/graph/cost.ts";
export { gradientName, gradients } from "../core/graph/differentiate.ts";
export type { SegmentLimits } from "../core/graph/gradient_segments.ts";
export { interpretGraph, type NamedValues } from "../core/graph/interpret.ts";
export { peakBytes } from "../core/graph/lifetimes.ts";
export {
  type Convolution,
  type DType,
  type Graph,
  type NoAttributes,
  type Node,
  type NodeId,
  type NodeOf,
  type OpAttributes,
  type OpName,
  type Shape,
  type Signature,
  sizeOf,
} from "../core/graph/node.ts";
export type { Values } from "../core/graph/op_definition.ts";
export { prune } from "../core/graph/prune.ts";
export { type Build, traceGraph } from "../core/graph/trace.ts";
export { type Initializer, initialTensors } from "../core/nn/init.ts";
export {
  block,
  type BlockSizes,
  type BranchFactors,
  layerNorm,
  linear,
  type LinearOptions,
} from "../core/nn/layers.ts";
export type { PositionResampling } from "../core/nn/positions.ts";
export {
  type Declarations,
  type Declare,
  type Declared,
  type ModelScope,
  modelScope,
  recorded,
  type Scope,
} from "../core/nn/scope.ts";
