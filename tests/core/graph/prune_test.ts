import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import { type Graph, interpretGraph, prune } from "../../../core/mod.ts";
import { GRAPH_INPUTS, graphs } from "./random_graph.ts";

/** A graph with one of its outputs taken away, so that some nodes are dead. */
const withDeadNodes: fc.Arbitrary<Graph> = graphs.map((graph) => ({
  ...graph,
  outputs: Object.fromEntries(Object.entries(graph.outputs).slice(0, 1)),
}));

Deno.test("prune() keeps the numbers of every output", () => {
  fc.assert(fc.property(withDeadNodes, (graph) => {
    deepStrictEqual(
      interpretGraph(prune(graph), GRAPH_INPUTS),
      interpretGraph(graph, GRAPH_INPUTS),
    );
  }));
});

Deno.test("prune() leaves only nodes that an output or another node needs", () => {
  fc.assert(fc.property(withDeadNodes, (graph) => {
    const { nodes, outputs } = prune(graph);
    const used = new Set([
      ...Object.values(outputs),
      ...nodes.flatMap(({ inputs }) => inputs),
    ]);
    nodes.forEach((_, id) => ok(used.has(id)));
  }));
});

Deno.test("prune() keeps inputs before their users", () => {
  fc.assert(fc.property(withDeadNodes, (graph) => {
    prune(graph).nodes.forEach(({ inputs }, id) =>
      inputs.forEach((input) => ok(input >= 0 && input < id))
    );
  }));
});

Deno.test("prune() changes nothing the second time", () => {
  fc.assert(fc.property(withDeadNodes, (graph) => {
    deepStrictEqual(prune(prune(graph)), prune(graph));
  }));
});

Deno.test("prune() leaves nothing of a graph without outputs", () => {
  fc.assert(fc.property(graphs, ({ nodes }) => {
    deepStrictEqual(prune({ nodes, outputs: {} }), { nodes: [], outputs: {} });
  }));
});
