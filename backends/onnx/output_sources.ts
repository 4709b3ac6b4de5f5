/**
 * Where the outputs of a graph come from: many are inputs, constants or views.
 *
 * @module
 */
import type { Graph, NodeId } from "../../core/mod.ts";

/** The tensor behind an output. */
export type OutputSource =
  /** A tensor that the program was given. */
  | { readonly _tag: "Given"; readonly input: string }
  /** Numbers known in advance. */
  | { readonly _tag: "Fixed"; readonly values: readonly number[] }
  /** What a node computes. */
  | { readonly _tag: "Computed"; readonly node: NodeId };

/** The source of a node, through all reshapes, which leave numbers where they are. */
function sourceOf({ nodes }: Graph, id: NodeId): OutputSource {
  let at = id;
  for (let node = nodes[at]; node?.op === "reshape"; node = nodes[at]) {
    [at = -1] = node.inputs;
  }
  const node = nodes[at];
  switch (node?.op) {
    case "input":
      return { _tag: "Given", input: node.attributes.name };
    case "constant":
      return { _tag: "Fixed", values: node.attributes.values };
    default:
      return { _tag: "Computed", node: at };
  }
}

/** The sources of all outputs of a graph, by name. */
export function outputSources(graph: Graph): ReadonlyMap<string, OutputSource> {
  return new Map(
    Object.entries(graph.outputs).map(([name, id]) => [
      name,
      sourceOf(graph, id),
    ]),
  );
}

/**
 * The part of a graph that must be computed.
 *
 * @returns The graph of the nodes behind computed outputs; each once, its position as its name.
 */
export function computedPart(
  graph: Graph,
  sources: ReadonlyMap<string, OutputSource>,
): Graph {
  const computed = [...sources.values()].flatMap((source) =>
    source._tag === "Computed" ? [[String(source.node), source.node]] : []
  );
  return { nodes: graph.nodes, outputs: Object.fromEntries(computed) };
}
