/** Cutting a graph of element-wise ops into kernels. */
import type { Graph, Node, NodeId, OpName, Shape } from "../../../core/mod.ts";
import { sizeOf } from "../../../core/mod.ts";

/** Ops that a kernel computes number by number. */
const ELEMENTWISE = [
  "add",
  "subtract",
  "multiply",
  "scale",
  "square",
  "mix",
  "flush",
  "adamwUpdate",
] as const satisfies readonly OpName[];

/** An op that a kernel computes. */
export type ElementwiseOp = typeof ELEMENTWISE[number];

/** A node that a kernel computes. */
export type ElementwiseNode = Extract<Node, { readonly op: ElementwiseOp }>;

/** Source of an operand of a kernel's op. */
export type Operand =
  /** Number `index` of the kernel's tensors. */
  | { readonly _tag: "Tensor"; readonly index: number }
  /** Number `index` of its scalars, the same for all numbers of a tensor. */
  | { readonly _tag: "Scalar"; readonly index: number }
  /** The result of its op number `index`. */
  | { readonly _tag: "Computed"; readonly index: number };

/** One op of a kernel. */
export interface KernelOp {
  /** The op with its constants; shape and inputs do not matter. */
  readonly op: Pick<ElementwiseNode, "op" | "attributes">;
  /** Inputs. */
  readonly operands: readonly Operand[];
}

/** The computation of a kernel, without names and lengths of its tensors. */
export interface KernelSpec {
  /** Count of tensors that it reads. */
  readonly tensors: number;
  /** Count of scalars that it reads. */
  readonly scalars: number;
  /** Its ops, operands before users. */
  readonly ops: readonly KernelOp[];
  /** The ops whose results it writes. */
  readonly results: readonly number[];
}

/** A part of a graph that one kernel computes. */
export interface ElementwisePart {
  /** The kernel. */
  readonly spec: KernelSpec;
  /** Numbers of each of its tensors. */
  readonly count: number;
  /** Names of the inputs that it reads number by number. */
  readonly tensors: readonly string[];
  /** Names of the inputs of which it reads one number. */
  readonly scalars: readonly string[];
  /** Names of the outputs that it writes. */
  readonly results: readonly string[];
}

const isElementwise = (node: Node): node is ElementwiseNode =>
  (ELEMENTWISE as readonly OpName[]).includes(node.op);

const sameShape = (a: Shape, b: Shape): boolean => a.join() === b.join();

/** The smallest node that each node computes with or for, scalars apart: the name of its part. */
function partsOf(graph: Graph): readonly NodeId[] {
  const parent = graph.nodes.map((_, id) => id);
  const rootOf = (id: NodeId): NodeId => {
    const up = parent[id] ?? id;
    return up === id ? id : rootOf(up);
  };
  graph.nodes.forEach((node, id) => {
    for (const input of node.inputs) {
      if (!sameShape(graph.nodes[input]?.shape ?? [], node.shape)) continue;
      const [a, b] = [rootOf(id), rootOf(input)].toSorted((x, y) => x - y);
      parent[b!] = a!;
    }
  });
  return graph.nodes.map((_, id) => rootOf(id));
}

/** True if a node can be an op of a kernel. */
function fits({ nodes }: Graph, node: ElementwiseNode): boolean {
  return node.inputs.every((id) => {
    const input = nodes[id];
    if (input === undefined || input.dtype !== "float32") return false;
    const isTensor = sameShape(input.shape, node.shape);
    if (node.op === "adamwUpdate" && node.shape.length === 0) return false;
    return isTensor
      ? input.op === "input" || isElementwise(input)
      : input.op === "input" && input.shape.length === 0;
  });
}

/** The kernel of the nodes `ids` of a graph. */
function partAt(graph: Graph, ids: readonly NodeId[]): ElementwisePart {
  const tensors: string[] = [];
  const scalars: string[] = [];
  const position = new Map<NodeId, number>();
  const ops: KernelOp[] = [];
  const indexIn = (names: string[], name: string): number => {
    const known = names.indexOf(name);
    return known >= 0 ? known : names.push(name) - 1;
  };
  const operand = (id: NodeId, shape: Shape): Operand => {
    const input = graph.nodes[id]!;
    if (input.op !== "input") {
      return { _tag: "Computed", index: position.get(id) ?? -1 };
    }
    const { name } = input.attributes;
    return sameShape(input.shape, shape)
      ? { _tag: "Tensor", index: indexIn(tensors, name) }
      : { _tag: "Scalar", index: indexIn(scalars, name) };
  };
  let shape: Shape = [];
  for (const id of ids) {
    const node = graph.nodes[id]!;
    if (!isElementwise(node)) continue;
    shape = node.shape;
    position.set(id, ops.length);
    const { op, attributes } = node;
    ops.push({
      op: { op, attributes } as KernelOp["op"],
      operands: node.inputs.map((input) => operand(input, node.shape)),
    });
  }
  const written = Object.entries(graph.outputs)
    .filter(([, id]) => position.has(id));
  return {
    spec: {
      tensors: tensors.length,
      scalars: scalars.length,
      ops,
      results: written.map(([, id]) => position.get(id) ?? -1),
    },
    count: sizeOf(shape),
    tensors,
    scalars,
    results: written.map(([name]) => name),
  };
}

/**
 * Cuts a graph into parts that are computed number by number: each tensor is read and
 * written once, and a result may lie where an operand was.
 *
 * @param graph A graph without nodes that no output needs.
 * @returns The parts; `null` if anything in the graph is not element-wise, is
 * broadcast from more than one number, or is given out as it came in.
 */
export function elementwiseParts(
  graph: Graph,
): readonly ElementwisePart[] | null {
  const isWhole =
    graph.nodes.every((node) =>
      node.op === "input" || isElementwise(node) && fits(graph, node)
    ) && Object.values(graph.outputs).every((id) =>
      graph.nodes[id]?.op !== "input"
    );
  if (!isWhole) return null;
  const groups = new Map<NodeId, NodeId[]>();
  partsOf(graph).forEach((root, id) => {
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [id]);
    else group.push(id);
  });
  return [...groups.values()]
    .filter((ids) => ids.some((id) => isElementwise(graph.nodes[id]!)))
    .map((ids) => partAt(graph, ids));
}
