import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  cutAtRankSums,
  gradients,
  type Graph,
  interpretGraph,
  traceGraph,
  withOutputs,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import { definitionOf } from "../../../core/graph/ops.ts";
import { right } from "../../right.ts";
import { GRAPH_INPUTS, graphs, instructions, perform } from "./random_graph.ts";
import { added, runOnRanks } from "./run_on_ranks.ts";
import { runSegments } from "./run_segments.ts";

/** Graphs with sums over ranks, some of which depend on others. */
const rankGraphs: fc.Arbitrary<Graph> = fc.tuple(
  fc.array(fc.tuple(instructions, fc.nat({ max: 5 })), { maxLength: 4 }),
  fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 5 }),
).map(([parts, picks]) =>
  right(traceGraph((g) => {
    const nodes = [g.input("x", [2, 3]), g.input("y", [6])];
    for (const [steps, back] of parts) {
      nodes.splice(0, nodes.length, ...perform(g, nodes, steps));
      const x = nodes[Math.max(0, nodes.length - 1 - back)] ?? -1;
      nodes.push(g.scale(g.apply("rankSum", {}, [x]), 0.25));
    }
    return Object.fromEntries(
      picks.map((pick, i) => [`out${i}`, nodes[pick % nodes.length] ?? -1]),
    );
  }))
);

/** Every rank's outputs by evaluating node after node on all ranks. */
function inStep(
  { nodes, outputs }: Graph,
  given: readonly NamedValues[],
): readonly NamedValues[] {
  const values = given.map((): Float64Array[] => []);
  for (const node of nodes) {
    const { op, inputs } = node;
    const own = given.map((inputsOf, rank) =>
      op === "input"
        ? inputsOf[node.attributes.name]!
        : definitionOf(op).evaluate(
          node,
          inputs.map((id) => values[rank]![id]!),
          inputs.map((id) => nodes[id]!),
        )
    );
    const all = op === "rankSum" ? own.map(() => added(own)) : own;
    all.forEach((result, rank) => values[rank]?.push(result));
  }
  return values.map((own) =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, id]) => [name, own[id]!]),
    )
  );
}

/** Inputs of a rank. */
const givenTo = (rank: number): NamedValues =>
  Object.fromEntries(
    Object.entries(GRAPH_INPUTS).map(([name, values]) => [
      name,
      values.map((v, i) => v * Math.cos(rank * (i + 1))),
    ]),
  );

Deno.test("cutAtRankSums() gives each rank, bit for bit, what all nodes on all ranks in step give", () => {
  fc.assert(fc.property(
    rankGraphs,
    fc.integer({ min: 1, max: 3 }),
    (graph, size) => {
      const given = Array.from({ length: size }, (_, rank) => givenTo(rank));
      const segments = cutAtRankSums(graph);
      deepStrictEqual(
        runOnRanks(given.map(() => segments), given),
        inStep(graph, given),
      );
    },
  ));
});

Deno.test("cutAtRankSums() of one rank gives what the interpreter gives", () => {
  fc.assert(fc.property(rankGraphs, (graph) => {
    deepStrictEqual(
      runSegments(cutAtRankSums(graph), GRAPH_INPUTS),
      interpretGraph(graph, GRAPH_INPUTS),
    );
  }));
});

Deno.test("cutAtRankSums() leaves no sum over ranks in a segment, and each one between two", () => {
  fc.assert(fc.property(rankGraphs, (graph) => {
    const segments = cutAtRankSums(graph);
    ok(
      segments.every((segment) =>
        segment.graph.nodes.every(({ op }) => op !== "rankSum")
      ),
    );
    strictEqual(
      segments.flatMap(({ sums }) => sums).length,
      graph.nodes.filter(({ op }) => op === "rankSum").length,
    );
    deepStrictEqual(segments.at(-1)?.sums, []);
    ok(segments.slice(0, -1).every(({ sums }) => sums.length > 0));
  }));
});

Deno.test("cutAtRankSums() without sums over ranks is the graph itself", () => {
  fc.assert(fc.property(graphs, (graph) => {
    const [segment, ...others] = cutAtRankSums(graph);
    deepStrictEqual(segment?.graph, withOutputs(graph, () => true));
    deepStrictEqual(others, []);
  }));
});

Deno.test("cutAtRankSums() exchanges sums that do not depend on each other together", () => {
  const graph = right(traceGraph((g) => {
    const sum = (name: string) =>
      g.apply("rankSum", {}, [g.scale(g.input(name, [2]), 2)]);
    const [a, b] = [sum("a"), sum("b")];
    return { y: g.apply("rankSum", {}, [g.multiply(a, b)]) };
  }));
  deepStrictEqual(
    cutAtRankSums(graph).map(({ sums }) => sums.length),
    [2, 1, 0],
  );
});

Deno.test("the gradient of a sum over ranks is the sum of all ranks' gradients", () => {
  const graph = right(traceGraph((g) => {
    const x = g.input("x", []);
    const sum = g.apply("rankSum", {}, [g.apply("square", {}, [x])]);
    const loss = g.multiply(g.input("weight", []), sum);
    const [dx = -1] = gradients(g, loss, [x]);
    return { dx };
  }));
  const given = [[2, 3], [5, 7]].map(([x = 0, weight = 0]) => ({
    x: Float64Array.of(x),
    weight: Float64Array.of(weight),
  }));
  const segments = cutAtRankSums(graph);
  // The losses 3·(4 + 25) and 7·(4 + 25) together.
  deepStrictEqual(
    runOnRanks([segments, segments], given),
    [{ dx: Float64Array.of(40) }, { dx: Float64Array.of(100) }],
  );
});
