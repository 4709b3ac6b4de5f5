/**
 * Facts about a graph in which a reshape is no computation: its numbers are those of its
 * root, the first node before it that is none.
 */
import {
  type Graph,
  type Node,
  type NodeId,
  sizeOf,
} from "../../../core/mod.ts";
import { isMap } from "./operands/formulas.ts";

/** A graph, and who uses what. */
export interface Outline {
  /** The graph. */
  readonly graph: Graph;
  /** A node. */
  node(id: NodeId): Node;
  /** The node that has a node's numbers, which is no reshape. */
  root(id: NodeId): NodeId;
  /** Roots of a node's inputs. */
  inputs(id: NodeId): readonly NodeId[];
  /** Nodes that compute from the numbers of a root, in order, no reshapes. */
  users(root: NodeId): readonly NodeId[];
  /** Names of the outputs that are the numbers of a root. */
  outputs(root: NodeId): readonly string[];
}

/** Finds the facts of a graph. */
export function outlineOf(graph: Graph): Outline {
  const { nodes } = graph;
  const roots: NodeId[] = [];
  nodes.forEach(({ op, inputs: [input = 0] }, id) =>
    roots.push(op === "reshape" ? roots[input]! : id)
  );
  const inputs = nodes.map((node) => node.inputs.map((id) => roots[id]!));
  const users: NodeId[][] = nodes.map(() => []);
  nodes.forEach(({ op }, id) => {
    if (op === "reshape") return;
    new Set(inputs[id]).forEach((root) => users[root]!.push(id));
  });
  const outputs: string[][] = nodes.map(() => []);
  for (const [name, id] of Object.entries(graph.outputs)) {
    outputs[roots[id]!]!.push(name);
  }
  return {
    graph,
    node: (id) => nodes[id]!,
    root: (id) => roots[id]!,
    inputs: (id) => inputs[id]!,
    users: (root) => users[root]!,
    outputs: (root) => outputs[root]!,
  };
}

/** Sums of at most so many terms are computed where they are used. */
export const SHORT_SUM = 16;

/** True if a node is a sum that is computed where it is used. */
function isShortSum({ graph: { nodes } }: Outline, node: Node): boolean {
  if (node.op !== "sumTo") return false;
  const from = nodes[node.inputs[0] ?? 0]!.shape;
  return sizeOf(from) <= SHORT_SUM * sizeOf(node.shape);
}

/** Ops that read their input elsewhere, once. */
const VIEWS: ReadonlySet<Node["op"]> = new Set([
  "transpose",
  "slice",
  "broadcastTo",
  "pad",
]);

/** True if a node's numbers are its input's, read elsewhere. */
export const isView = ({ op }: Node): boolean => VIEWS.has(op);

/** Ops that move numbers. */
const MOVES: ReadonlySet<Node["op"]> = new Set([
  ...VIEWS,
  "concat",
  "gatherRows",
  "permuteRows",
]);

/** Tensors that are read as one where they are used; more have to be laid side by side. */
const FEW_PARTS = 6;

/** True if a node's numbers can be computed where they are used, one by one. */
export const isInlinable = (outline: Outline, node: Node): boolean =>
  isMap(node) || isShortSum(outline, node) ||
  MOVES.has(node.op) &&
    !(node.op === "concat" && node.inputs.length > FEW_PARTS);

/** True if a node is given from outside or known in advance. */
export const isSource = ({ op }: Node): boolean =>
  op === "input" || op === "constant";

/** Roots that a node reads: the inverse of a permutation serves only its gradient. */
export const readInputs = (
  { node, inputs }: Outline,
  id: NodeId,
): readonly NodeId[] =>
  inputs(id).slice(0, node(id).op === "permuteRows" ? 2 : undefined);

/** Ops that read each number of their inputs many times, so that it should be in memory. */
const REREADING: ReadonlySet<Node["op"]> = new Set([
  "matmul",
  "conv2d",
  "conv2dInputGrad",
  "conv2dWeightGrad",
  "scatterRows",
  "hogCells",
]);

/** True if an op reads its inputs many times. */
export const isRereading = ({ op }: Node): boolean => REREADING.has(op);

/** True if a node is a transposition, which only gives each number another place. */
export const isTranspose = (
  node: Node,
): node is Extract<Node, { op: "transpose" }> => node.op === "transpose";
