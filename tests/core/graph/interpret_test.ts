import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  type Graph,
  inputSignatures,
  interpretGraph,
  traceGraph,
} from "../../../core/mod.ts";
import { right } from "../../right.ts";
import { GRAPH_INPUTS, graphs } from "./random_graph.ts";

Deno.test("interpretGraph() gives the same numbers for a graph that went through JSON", () => {
  fc.assert(fc.property(graphs, (graph) => {
    const copy = JSON.parse(JSON.stringify(graph)) as Graph;
    deepStrictEqual(copy, graph);
    deepStrictEqual(
      interpretGraph(copy, GRAPH_INPUTS),
      interpretGraph(graph, GRAPH_INPUTS),
    );
  }));
});

Deno.test("interpretGraph() leaves its inputs as they were", () => {
  const before = structuredClone(GRAPH_INPUTS);
  fc.assert(fc.property(graphs, (graph) => {
    interpretGraph(graph, GRAPH_INPUTS);
    deepStrictEqual(GRAPH_INPUTS, before);
  }));
});

Deno.test("interpretGraph() counts an input that is missing or too long as NaN", () => {
  const graph = right(traceGraph((g) => ({
    twice: g.scale(g.input("x", [2]), 2),
    three: g.constant([3], []),
  })));
  for (const inputs of [{}, { x: new Float64Array(3) }]) {
    const { twice = [], three = [] } = interpretGraph(graph, inputs);
    deepStrictEqual([[...twice], [...three]], [[NaN, NaN], [3]]);
  }
});

Deno.test("inputSignatures() name exactly the inputs that outputs need", () => {
  const graph = right(traceGraph((g) => {
    g.input("unused", [9]);
    const index = g.input("index", [1, 2], "int32");
    return { y: g.apply("gatherRows", {}, [g.input("x", [1, 3]), index]) };
  }));
  deepStrictEqual(inputSignatures(graph), {
    index: { shape: [1, 2], dtype: "int32" },
    x: { shape: [1, 3], dtype: "float32" },
  });
});

Deno.test("interpretGraph() gives every output its own name, also twice the same node", () => {
  const graph = right(traceGraph((g) => {
    const x = g.input("x", [1]);
    return { a: x, b: x };
  }));
  const { a, b } = interpretGraph(graph, { x: Float64Array.of(4) });
  ok(a?.[0] === 4 && b?.[0] === 4);
});
