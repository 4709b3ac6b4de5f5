/**
 * What it takes to write one op as ONNX.
 *
 * @module
 */
import type { NodeOf, OpName, Signature } from "../../../core/mod.ts";
import type { FusedNodeOf, FusedOp } from "../fuse/fused_graph.ts";
import type { OnnxWriter, Value } from "./onnx_writer.ts";

/** Ops that are written as calls; inputs and constants are not. */
export type CalledOp = Exclude<OpName, "input" | "constant"> | FusedOp;

/** A node of the core or a fused one, by the name of its op. */
export type EngineNodeOf<Name extends CalledOp> = Name extends OpName
  ? NodeOf<Name>
  : Name extends FusedOp ? FusedNodeOf<Name>
  : never;

/** Writes the calls that compute one node and gives the name of the result. */
export type Lowering<Name extends CalledOp> = (
  w: OnnxWriter,
  node: EngineNodeOf<Name>,
  inputs: readonly Value[],
  signatures: readonly Signature[],
) => Value;

/** Lowerings of several ops. */
export type Lowerings<Names extends CalledOp> = {
  readonly [Name in Names]: Lowering<Name>;
};
