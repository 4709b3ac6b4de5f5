import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  bytesOf,
  type Graph,
  lastUses,
  type NodeId,
  traceGraph,
} from "../../../core/mod.ts";
import { peakBytes, scratchBytes } from "../../../core/graph/lifetimes.ts";
import { right } from "../../right.ts";
import { graphs } from "./random_graph.ts";

const isSource = (graph: Graph, id: NodeId): boolean =>
  ["input", "constant"].includes(graph.nodes[id]?.op ?? "");

/** Whether a tensor is still read by node `now` or later, or is a result. */
const isNeeded = (graph: Graph, id: NodeId, now: NodeId): boolean =>
  Object.values(graph.outputs).includes(id) ||
  graph.nodes.some(({ inputs }, user) => user >= now && inputs.includes(id));

/** The node that owns the memory of a tensor: reshapes own none. */
const ownerOf = (graph: Graph, id: NodeId): NodeId => {
  const node = graph.nodes[id];
  const [input = id] = node?.inputs ?? [];
  return node?.op === "reshape" ? ownerOf(graph, input) : id;
};

/** The peak by looking, at every node, at all tensors that exist and are needed, but for some. */
function simulatedPeak(
  graph: Graph,
  isLeftOut: (owner: NodeId) => boolean = () => false,
): number {
  const held = graph.nodes.map((_, now) => {
    const owners = new Set(
      graph.nodes.map((_, id) => id).slice(0, now + 1)
        .filter((id) => id === now || isNeeded(graph, id, now))
        .map((id) => ownerOf(graph, id)),
    );
    return [...owners]
      .filter((id) => !isSource(graph, id) && !isLeftOut(id))
      .reduce((sum, id) => sum + bytesOf(graph.nodes[id]!), 0);
  });
  return Math.max(0, ...held);
}

Deno.test("lastUses() releases each intermediate tensor once, at its last user", () => {
  fc.assert(fc.property(graphs, (graph) => {
    const outputs = new Set(Object.values(graph.outputs));
    const wanted = graph.nodes.map((_, user) =>
      graph.nodes.flatMap(({ op }, id) =>
        op !== "input" && !outputs.has(id) &&
          graph.nodes.findLastIndex(({ inputs }) => inputs.includes(id)) ===
            user
          ? [id]
          : []
      )
    );
    deepStrictEqual(
      lastUses(graph).map((ids) => ids.toSorted((a, b) => a - b)),
      wanted,
    );
  }));
});

Deno.test("peakBytes() is what a simulation of every moment finds", () => {
  fc.assert(fc.property(graphs, (graph) => {
    strictEqual(peakBytes(graph), simulatedPeak(graph));
  }));
});

Deno.test("peakBytes() lies between the largest tensor and all of them", () => {
  fc.assert(fc.property(graphs, (graph) => {
    const sizes = graph.nodes.filter(({ op }) =>
      !["input", "constant", "reshape"].includes(op)
    ).map(bytesOf);
    ok(peakBytes(graph) >= Math.max(0, ...sizes));
    ok(peakBytes(graph) <= sizes.reduce((a, b) => a + b, 0));
  }));
});

Deno.test("peakBytes() of a chain are two tensors, however long it is", () => {
  for (const length of [2, 3, 10]) {
    const graph = right(traceGraph((g) => ({
      y: Array.from({ length }).reduce<NodeId>(
        (x) => g.apply("gelu", {}, [x]),
        g.input("x", [5]),
      ),
    })));
    strictEqual(peakBytes(graph), 2 * 5 * 4);
  }
});

Deno.test("peakBytes() count a reshape as a view that keeps its source alive", () => {
  const graph = right(traceGraph((g) => {
    const a = g.apply("gelu", {}, [g.input("x", [6])]);
    const view = g.reshape(a, [2, 3]);
    const b = g.sumTo(view, []);
    return { c: g.add(b, b), d: g.sumTo(g.scale(view, 2), []) };
  }));
  strictEqual(peakBytes(graph), 4 * (6 + 6 + 1));
});

Deno.test("scratchBytes() counts what peakBytes() does, without the outputs", () => {
  fc.assert(fc.property(graphs, (graph) => {
    const outputs = new Set(
      Object.values(graph.outputs).map((id) => ownerOf(graph, id)),
    );
    strictEqual(
      scratchBytes(graph),
      simulatedPeak(graph, (id) => outputs.has(id)),
    );
  }));
});
