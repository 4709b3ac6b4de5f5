/** Dead-code elimination. */
import type { Graph, Node, NodeId } from "./node.ts";

/**
 * Drops every node that no output needs, and renumbers the rest.
 *
 * @returns The same outputs from the fewest nodes, in the same order.
 */
export function prune(graph: Graph): Graph {
  const needed = new Set<NodeId>(Object.values(graph.outputs));
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    if (needed.has(id)) {
      graph.nodes[id]?.inputs.forEach((input) => needed.add(input));
    }
  }
  const kept = graph.nodes.map((_, id) => id).filter((id) => needed.has(id));
  const renumbered = new Map(kept.map((id, position) => [id, position]));
  const at = (id: NodeId): NodeId => renumbered.get(id) ?? -1;
  return {
    nodes: kept.flatMap((id) => {
      const node = graph.nodes[id];
      return node === undefined
        ? []
        : [{ ...node, inputs: node.inputs.map(at) } as Node];
    }),
    outputs: Object.fromEntries(
      Object.entries(graph.outputs).map(([name, id]) => [name, at(id)]),
    ),
  };
}
