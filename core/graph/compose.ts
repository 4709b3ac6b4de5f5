/** Several graphs as one. */
import type { Faults, Result } from "../result.ts";
import type { GraphBuilder } from "./builder.ts";
import type { Graph, Node, NodeId } from "./node.ts";
import { prune } from "./prune.ts";
import { sameShape, showShape } from "./shape.ts";
import { traceGraph } from "./trace.ts";

/** Results of the graphs so far, by name. */
type Made = ReadonlyMap<string, NodeId>;

/** The node that an input of a graph stands for: an earlier result of its name, or an input. */
function inputFor(
  g: GraphBuilder,
  made: Made,
  name: string,
  { shape, dtype }: Node,
): NodeId {
  const earlier = made.get(name);
  if (earlier === undefined) return g.input(name, shape, dtype);
  const found = g.node(earlier);
  if (found === undefined) return earlier;
  return found.dtype === dtype && sameShape(found.shape, shape)
    ? earlier
    : g.fault(
      `input ${name}`,
      `${found.dtype} ${showShape(found.shape)}`,
      `${dtype} ${showShape(shape)}, as a later graph takes it`,
    );
}

/** Writes the nodes of a graph once more; gives their new places. */
function rewritten(
  g: GraphBuilder,
  { nodes }: Graph,
  made: Made,
): readonly NodeId[] {
  const places: NodeId[] = [];
  for (const node of nodes) {
    const inputs = node.inputs.map((id) => places[id] ?? -1);
    places.push(
      node.op === "input"
        ? inputFor(g, made, node.attributes.name, node)
        : node.op === "constant"
        ? g.constant(node.attributes.values, node.shape)
        : g.apply(node.op, node.attributes, inputs),
    );
  }
  return places;
}

/**
 * One graph that computes what several compute one after the other: the outputs of each
 * are the inputs of equal names of all that follow it.
 *
 * Inputs: what no earlier graph gives; inputs of equal names are one. Outputs: those of
 * all graphs, of equal names the last.
 *
 * @param graphs The graphs in their order.
 * @returns The graph, or the inputs whose shape is not that of what they are given.
 */
export function joinGraphs(
  ...graphs: readonly Graph[]
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const made = new Map<string, NodeId>();
    for (const graph of graphs) {
      const places = rewritten(g, graph, made);
      for (const [name, id] of Object.entries(graph.outputs)) {
        made.set(name, places[id] ?? -1);
      }
    }
    return Object.fromEntries(made);
  });
}

/** A graph that gives only some of its outputs, without the nodes that none of them needs. */
export function withOutputs(
  { nodes, outputs }: Graph,
  isWanted: (name: string) => boolean,
): Graph {
  const wanted = Object.entries(outputs).filter(([name]) => isWanted(name));
  return prune({ nodes, outputs: Object.fromEntries(wanted) });
}
