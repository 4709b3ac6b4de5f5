import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  cutGraph,
  type Graph,
  interpretGraph,
  type Node,
  prune,
  type Segment,
  traceGraph,
  withOutputs,
} from "../../../core/mod.ts";
import { isRepeated } from "../../../core/graph/segments.ts";
import { right } from "../../right.ts";
import { named, runSegments } from "./run_segments.ts";
import { GRAPH_INPUTS, instructions, perform } from "./random_graph.ts";

/** A graph with several outputs and a share of them for each of some segments. */
const cuts = fc.tuple(
  instructions,
  fc.array(
    fc.record({ pick: fc.nat({ max: 20 }), group: fc.nat({ max: 3 }) }),
    { minLength: 1, maxLength: 6 },
  ),
).map(([steps, picks]) => {
  const graph = right(traceGraph((g) => {
    const inputs = [g.input("x", [2, 3]), g.input("y", [6])];
    const nodes = perform(g, inputs, steps);
    return Object.fromEntries(
      picks.map(({ pick }, i) => [`out${i}`, nodes[pick % nodes.length] ?? -1]),
    );
  }));
  const groups = [0, 1, 2, 3].map((k) =>
    picks.flatMap(({ group }, i) => group === k ? [`out${i}`] : [])
  );
  return { graph, groups };
});

/** Text that tells nodes of one graph apart, wherever they are written. */
function describe({ nodes }: Graph): readonly string[] {
  const texts: string[] = [];
  for (const { op, attributes, inputs } of nodes as readonly Node[]) {
    const operands = inputs.map((id) => texts[id]);
    texts.push(`${op}${JSON.stringify(attributes)}(${operands.join()})`);
  }
  return texts;
}

/** Texts of the nodes of the whole that a segment computes; what it takes is named by its place. */
function computed(whole: Graph, { graph }: Segment): readonly string[] {
  const known = describe(whole);
  const texts: string[] = [];
  for (const { op, attributes, inputs } of graph.nodes) {
    const operands = inputs.map((id) => texts[id]);
    const { name = "" } = attributes as { readonly name?: string };
    const [, place] = op === "input" ? name.split("carried/") : [];
    texts.push(
      place === undefined
        ? `${op}${JSON.stringify(attributes)}(${operands.join()})`
        : known[Number(place)] ?? "",
    );
  }
  return texts.filter((_, id) => !isRepeated(graph.nodes[id] as Node));
}

Deno.test("cutGraph() gives, bit for bit, the numbers of the whole", () => {
  fc.assert(fc.property(cuts, ({ graph, groups }) => {
    deepStrictEqual(
      runSegments(cutGraph(graph, groups), GRAPH_INPUTS),
      interpretGraph(graph, GRAPH_INPUTS),
    );
  }));
});

Deno.test("cutGraph() gives the outputs of each group in their segment", () => {
  fc.assert(fc.property(cuts, ({ graph, groups }) => {
    cutGraph(graph, groups).forEach((segment, k) => {
      deepStrictEqual(segment.outputs, groups[k]);
      deepStrictEqual(segment.sums, []);
      deepStrictEqual(
        Object.keys(segment.graph.outputs).toSorted(),
        [...segment.outputs, ...segment.carries].toSorted(),
      );
    });
  }));
});

Deno.test("cutGraph() computes each node in exactly one segment, but for what costs nothing", () => {
  fc.assert(fc.property(cuts, ({ graph, groups }) => {
    const whole = describe(graph)
      .filter((_, id) => !isRepeated(graph.nodes[id] as Node));
    const parts = cutGraph(graph, groups)
      .flatMap((segment) => computed(graph, segment));
    deepStrictEqual(parts.toSorted(), whole.toSorted());
  }));
});

Deno.test("cutGraph() carries nothing twice and nothing that no later segment takes", () => {
  fc.assert(fc.property(cuts, ({ graph, groups }) => {
    const segments = cutGraph(graph, groups);
    const carried = segments.flatMap(({ carries }) => carries);
    strictEqual(new Set(carried).size, carried.length);
    const released = segments.flatMap(({ releases }) => releases);
    deepStrictEqual(released.toSorted(), carried.toSorted());
  }));
});

Deno.test("cutGraph() leaves no node that its segment does not need", () => {
  fc.assert(fc.property(cuts, ({ graph, groups }) => {
    for (const segment of cutGraph(graph, groups)) {
      deepStrictEqual(prune(segment.graph), segment.graph);
    }
  }));
});

Deno.test("cutGraph() with one group is the graph of its outputs", () => {
  fc.assert(fc.property(cuts, ({ graph, groups: [group = []] }) => {
    const [segment] = cutGraph(graph, [group]);
    deepStrictEqual(
      segment?.graph,
      withOutputs(graph, (name) => group.includes(name)),
    );
  }));
});

Deno.test("cutGraph() carries the numbers before a reshape or a repetition", () => {
  const graph = right(traceGraph((g) => {
    const x = g.apply("gelu", {}, [g.input("x", [6])]);
    const wide = g.broadcastTo(g.reshape(x, [6, 1]), [6, 100]);
    return { a: g.sumTo(wide, []), b: g.apply("square", {}, [wide]) };
  }));
  const [first, second] = cutGraph(graph, [["a"], ["b"]]);
  ok(first !== undefined && second !== undefined);
  strictEqual(first.carries.length, 1);
  const [name = ""] = first.carries;
  deepStrictEqual(
    first.graph.nodes[first.graph.outputs[name] ?? -1]?.shape,
    [6],
  );
  deepStrictEqual(
    second.graph.nodes.map(({ op }) => op),
    ["input", "reshape", "broadcastTo", "square"],
  );
});

Deno.test("cutGraph() carries a value past the segments that do not take it", () => {
  const graph = right(traceGraph((g) => {
    const x = g.apply("gelu", {}, [g.input("x", [2])]);
    return { a: x, b: g.input("y", [2]), c: g.scale(x, 2) };
  }));
  const segments = cutGraph(graph, [["a"], ["b"], ["c"]]);
  const [{ carries = [] } = {}, middle, last] = segments;
  deepStrictEqual([middle?.takes, last?.takes], [[], carries]);
  deepStrictEqual([middle?.releases, last?.releases], [[], carries]);
  const given = { x: Float64Array.of(1, -2), y: Float64Array.of(3, 4) };
  deepStrictEqual(
    named(runSegments(segments, given), ["a", "b", "c"]),
    interpretGraph(graph, given),
  );
});
