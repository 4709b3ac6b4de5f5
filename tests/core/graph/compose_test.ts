import fc from "fast-check";
import { deepStrictEqual, match, ok } from "node:assert/strict";
import {
  describeFaults,
  type Graph,
  inputSignatures,
  interpretGraph,
  joinGraphs,
  traceGraph,
  withOutputs,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import { right } from "../../right.ts";
import { GRAPH_INPUTS, instructions, perform } from "./random_graph.ts";

/** Graphs of `x` and `y` whose results take the place of both, of one or of none. */
const moves: fc.Arbitrary<Graph> = fc.tuple(
  instructions,
  fc.subarray(["x", "y", "z"], { minLength: 1 }),
).map(([steps, names]) =>
  right(traceGraph((g) => {
    const inputs = [g.input("x", [2, 3]), g.input("y", [6])];
    const nodes = perform(g, inputs, steps);
    return Object.fromEntries(
      names.map((name, i) => [
        name,
        g.reshape(nodes.at(-1 - i) ?? -1, name === "y" ? [6] : [2, 3]),
      ]),
    );
  }))
);

/** Graphs one after the other; each finds what those before have made. */
const inTurn = (graphs: readonly Graph[], given: NamedValues): NamedValues =>
  graphs.reduce(
    (found, graph) => ({
      ...found,
      ...interpretGraph(graph, { ...given, ...found }),
    }),
    {},
  );

Deno.test("joinGraphs() gives the numbers of graphs that run one after the other", () => {
  fc.assert(
    fc.property(fc.array(moves, { minLength: 1, maxLength: 4 }), (graphs) => {
      deepStrictEqual(
        interpretGraph(right(joinGraphs(...graphs)), GRAPH_INPUTS),
        inTurn(graphs, GRAPH_INPUTS),
      );
    }),
  );
});

Deno.test("joinGraphs() asks for what no earlier graph gives, once", () => {
  const first = right(
    traceGraph((g) => ({ b: g.scale(g.input("a", [2]), 2) })),
  );
  const second = right(
    traceGraph((g) => ({ c: g.add(g.input("b", [2]), g.input("a", [2])) })),
  );
  const joined = right(joinGraphs(first, second));
  deepStrictEqual(Object.keys(inputSignatures(joined)), ["a"]);
  deepStrictEqual(Object.keys(joined.outputs), ["b", "c"]);
});

Deno.test("joinGraphs() refuses an input of another shape than the result of its name", () => {
  const first = right(
    traceGraph((g) => ({ b: g.scale(g.input("a", [2]), 2) })),
  );
  const second = right(
    traceGraph((g) => ({ c: g.scale(g.input("b", [3]), 2) })),
  );
  const joined = joinGraphs(first, second);
  ok(joined._tag === "Left");
  match(
    describeFaults(joined.left),
    /input b: found "float32 \[2\]", wanted float32 \[3\], as a later graph takes it/,
  );
});

Deno.test("withOutputs() keeps the numbers of the outputs that are wanted, and no node besides", () => {
  fc.assert(fc.property(moves, (graph) => {
    const kept = withOutputs(graph, (name) => name !== "x");
    const { x: _, ...wanted } = interpretGraph(graph, GRAPH_INPUTS);
    deepStrictEqual(interpretGraph(kept, GRAPH_INPUTS), wanted);
    const used = new Set([
      ...Object.values(kept.outputs),
      ...kept.nodes.flatMap(({ inputs }) => inputs),
    ]);
    ok(kept.nodes.every((_, id) => used.has(id)));
  }));
});
