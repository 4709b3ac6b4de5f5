/** The meaning of a graph: a plain interpreter in float64. */
import type { Graph, Node, Signature } from "./node.ts";
import { sizeOf } from "./node.ts";
import type { Values } from "./op_definition.ts";
import { definitionOf } from "./ops.ts";

/** Named numbers, row-major. */
export type NamedValues = Readonly<Record<string, Values>>;

/**
 * Computes every output of a graph in float64, slowly and plainly. All engines
 * are tested against it.
 *
 * Total: an input that is missing or has the wrong length counts as `NaN`.
 *
 * @param graph Graph to compute.
 * @param inputs A row-major array for each input of the graph; indices as whole numbers.
 * @returns A row-major array for each output.
 */
export function interpretGraph(graph: Graph, inputs: NamedValues): NamedValues {
  const values: Values[] = [];
  for (const node of graph.nodes) {
    values.push(evaluateNode(graph, node, values, inputs));
  }
  return Object.fromEntries(
    Object.entries(graph.outputs).map((
      [name, id],
    ) => [name, values[id] ?? new Float64Array()]),
  );
}

function evaluateNode(
  graph: Graph,
  node: Node,
  values: readonly Values[],
  inputs: NamedValues,
): Values {
  if (node.op === "input") {
    const given = inputs[node.attributes.name];
    return given?.length === sizeOf(node.shape)
      ? given
      : new Float64Array(sizeOf(node.shape)).fill(NaN);
  }
  const operands = node.inputs.map((id) => values[id] ?? new Float64Array());
  const signatures = node.inputs.map((id): Signature =>
    graph.nodes[id] ?? { shape: [], dtype: "float32" }
  );
  return definitionOf(node.op).evaluate(node, operands, signatures);
}
