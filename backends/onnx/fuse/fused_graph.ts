/** Graphs with the products and sums that the engine fuses. */
import {
  type Graph,
  type Node,
  type NodeId,
  type OpAttributes,
  prune,
  type Signature,
} from "../../../core/mod.ts";
import type { Int8Matrix } from "./int8_matrix.ts";

/** Attributes of the ops that the engine has beside those of the core. */
export interface FusedAttributes {
  /** Inputs `a`, `b`, `c`: `op(a)·op(b) + c` of matrices; `c` is broadcast to the result. */
  readonly gemm: OpAttributes["matmul"];
  /** `factor · op(a)·op(b)`. */
  readonly scaledMatmul: OpAttributes["matmul"] & { readonly factor: number };
  /** The squares of an input, summed to a shape that broadcasts to its own. */
  readonly sumOfSquares: Readonly<Record<never, never>>;
  /**
   * Inputs `a` and, if it has one, `c [columns]`: `a·weight + c`, where the rows of `a`
   * are rounded to 8-bit integers as well, all with one scale.
   */
  readonly int8Gemm: { readonly weight: Int8Matrix };
}

/** Name of a fused op. */
export type FusedOp = keyof FusedAttributes;

/** A node of one fused op. */
export interface FusedNodeOf<Name extends FusedOp> extends Signature {
  /** Name of the op. */
  readonly op: Name;
  /** Constants of the op. */
  readonly attributes: FusedAttributes[Name];
  /** Inputs. */
  readonly inputs: readonly NodeId[];
}

/** A node of the core or a fused one. */
export type EngineNode =
  | Node
  | { readonly [Name in FusedOp]: FusedNodeOf<Name> }[FusedOp];

/** A computation as the engine sees it. */
export interface EngineGraph {
  /** Every node, inputs before users. */
  readonly nodes: readonly EngineNode[];
  /** Named results. */
  readonly outputs: Readonly<Record<string, NodeId>>;
}

/** A graph together with who uses what. */
export interface Uses {
  /** The node at a position. */
  readonly node: (id: NodeId | undefined) => EngineNode | undefined;
  /** Users of a node; being an output counts as one. */
  readonly count: (id: NodeId) => number;
}

/**
 * A rewriting that looks at one node and what it is computed from.
 *
 * @returns The node itself, or one that computes the same.
 */
export type Peephole = (node: EngineNode, uses: Uses) => EngineNode;

function usesOf({ nodes, outputs }: EngineGraph): Uses {
  const counts = nodes.map(() => 0);
  const add = (id: NodeId): void => void (counts[id] = (counts[id] ?? 0) + 1);
  nodes.forEach(({ inputs }) => inputs.forEach(add));
  Object.values(outputs).forEach(add);
  return {
    node: (id) => id === undefined ? undefined : nodes[id],
    count: (id) => counts[id] ?? 0,
  };
}

/**
 * Looks through peepholes at every node, one peephole after the other.
 *
 * @returns A graph with the same outputs, without nodes that nothing uses any more.
 */
export function rewrite(
  graph: EngineGraph,
  peepholes: readonly Peephole[],
): EngineGraph {
  return peepholes.reduce<EngineGraph>((current, peephole) => {
    const uses = usesOf(current);
    const nodes = current.nodes.map((node) => peephole(node, uses));
    // Pruning looks at inputs and outputs only, whatever the ops are.
    return prune({ nodes, outputs: current.outputs } as Graph) as EngineGraph;
  }, graph);
}
