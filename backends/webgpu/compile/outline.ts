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

/** Results of so few numbers may be computed again by every user. */
const SMALL = 4_096;

/** Most numbers that one is computed from where it is used; more would make long kernels. */
const MOST_LOADS = 64;

/** Decisions on which numbers are kept in memory. */
export interface Keeping {
  /** True if a root's numbers have to be in memory when they are computed. */
  isKept(root: NodeId): boolean;
  /** True if a root is another one's numbers in memory, read elsewhere. */
  isView(root: NodeId): boolean;
}

/**
 * Decides what is kept: outputs, what does not treat each number alone, and what several
 * nodes use unless it is no more work to compute it again.
 *
 * @param buffers Most buffers of one expression.
 */
export function keepingOf(outline: Outline, buffers: number): Keeping {
  const { graph: { nodes }, root, users, outputs } = outline;
  const kept: boolean[] = nodes.map(() => false);
  const views: boolean[] = nodes.map(() => false);
  const loads: number[] = nodes.map(() => 0);
  const leaves: ReadonlySet<NodeId>[] = [];
  const keep = (id: NodeId): void => {
    [kept[id], views[id], loads[id]] = [true, false, 1];
    leaves[id] = new Set([id]);
  };
  nodes.forEach((node, id) => {
    leaves.push(new Set([id]));
    if (root(id) !== id) return;
    loads[id] = node.op === "constant" ? 0 : 1;
    if (isSource(node)) return;
    if (outputs(id).length > 0 || !isInlinable(outline, node)) return keep(id);
    const from = readInputs(outline, id);
    const isInMemory = (input: NodeId): boolean =>
      kept[input]! || isSource(nodes[input]!) || views[input]!;
    const count = users(id).length;
    if (VIEWS.has(node.op)) {
      const [input = 0] = from;
      if (!isInMemory(input) && count > 1) keep(input);
      views[id] = isInMemory(input);
    }
    const terms = node.op === "sumTo"
      ? sizeOf(nodes[node.inputs[0]!]!.shape) / Math.max(1, sizeOf(node.shape))
      : 1;
    const loadsNow = (): number =>
      terms * from.reduce((sum, input) => sum + loads[input]!, 0);
    if (loadsNow() > MOST_LOADS) {
      from.filter((input) => loads[input]! > 1).forEach(keep);
    }
    loads[id] = loadsNow();
    const needed = (): ReadonlySet<NodeId> =>
      new Set(from.flatMap((input) => [...leaves[input]!]));
    leaves[id] = needed();
    while (leaves[id]!.size > buffers) {
      const widest = from.filter((input) => leaves[input]!.size > 1)
        .sort((a, b) => leaves[b]!.size - leaves[a]!.size)[0];
      if (widest === undefined) break;
      keep(widest);
      leaves[id] = needed();
    }
    if (count <= 1 || views[id]) return;
    const isCheap = loads[id]! <= 2 && count <= 2 &&
      users(id).every((user) => !isRereading(nodes[user]!));
    const isSmall = sizeOf(node.shape) <= SMALL && loads[id]! <= 8;
    if (!isCheap && !isSmall) keep(id);
  });
  return {
    isKept: (id) => kept[id]!,
    isView: (id) => views[id]!,
  };
}

/** True if a node is a transposition, which only gives each number another place. */
export const isTranspose = (
  node: Node,
): node is Extract<Node, { op: "transpose" }> => node.op === "transpose";
