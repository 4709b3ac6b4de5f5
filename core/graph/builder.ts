/** Writer of the nodes of a graph. */
import type {
  DType,
  Node,
  NodeId,
  OpAttributes,
  OpName,
  Shape,
} from "./node.ts";

/** Operands of a matrix product that are transposed; neither by default. */
export type Transposition = Partial<OpAttributes["matmul"]>;

/**
 * Writes nodes. Equal nodes are written once. A node whose inputs do not fit
 * becomes a fault of the whole trace, and what is built on it is skipped.
 */
export interface GraphBuilder {
  /** A tensor that the program is given. */
  input(name: string, shape: Shape, dtype?: DType): NodeId;
  /** A tensor known in advance, row-major; as a function, it is only computed for a graph that is to run. */
  constant(
    values: readonly number[] | (() => readonly number[]),
    shape: Shape,
  ): NodeId;
  /** Any op. */
  apply<Name extends OpName>(
    op: Name,
    attributes: OpAttributes[Name],
    inputs: readonly NodeId[],
  ): NodeId;
  /** Shape of a node; `[]` for one that could not be built. */
  shape(id: NodeId): Shape;
  /** The node itself, if it could be built. */
  node(id: NodeId): Node | undefined;
  /** Makes the trace fail with a fault. Stands in for the node. */
  fault(path: string, found: unknown, wanted: string): NodeId;
  /** `a + b`, broadcast. */
  add(a: NodeId, b: NodeId): NodeId;
  /** `a − b`, broadcast. */
  subtract(a: NodeId, b: NodeId): NodeId;
  /** `a · b` element by element, broadcast. */
  multiply(a: NodeId, b: NodeId): NodeId;
  /** `factor · x`. */
  scale(x: NodeId, factor: number): NodeId;
  /** Matrix product over the last two axes. */
  matmul(a: NodeId, b: NodeId, transposition?: Transposition): NodeId;
  /** Same numbers, other extents. */
  reshape(x: NodeId, shape: Shape): NodeId;
  /** Output axis `i` is input axis `permutation[i]`. */
  transpose(x: NodeId, permutation: readonly number[]): NodeId;
  /** Part of one axis. */
  slice(x: NodeId, axis: number, start: number, size: number): NodeId;
  /** Zeros around along one axis. */
  pad(x: NodeId, axis: number, before: number, after: number): NodeId;
  /** One behind the other along one axis. */
  concat(inputs: readonly NodeId[], axis: number): NodeId;
  /** Repeats extents of 1 and missing leading axes. */
  broadcastTo(x: NodeId, shape: Shape): NodeId;
  /** Sums what `broadcastTo` would repeat. */
  sumTo(x: NodeId, shape: Shape): NodeId;
}

/**
 * The operand of a repetition, if a node does nothing else. Element-wise ops broadcast by
 * themselves, so beside a tensor of full shape the repetition need not be written.
 *
 * @returns The tensor before `broadcastTo`, or the node itself.
 */
export function stripBroadcast(g: GraphBuilder, id: NodeId): NodeId {
  const node = g.node(id);
  return node?.op === "broadcastTo" ? node.inputs[0] ?? id : id;
}
