/**
 * Random graphs of element-wise ops with numbers for them.
 *
 * @module
 */
import fc from "fast-check";
import {
  type Graph,
  type GraphBuilder,
  type NodeId,
  traceGraph,
} from "../../core/mod.ts";
import { right } from "../right.ts";
import { filled } from "./op_cases.ts";

/** A graph, where its outputs go, and what it is given. */
export interface ElementwiseCase {
  /** Every computed node is an output. */
  readonly graph: Graph;
  /** The first of them replace inputs. */
  readonly replaces: Readonly<Record<string, string>>;
  /** Numbers for the inputs, at most 1. */
  readonly numbers: Readonly<Record<string, Float32Array>>;
}

/** How one more node comes from those before. */
type Growth = (
  g: GraphBuilder,
  pick: () => NodeId,
  scalars: readonly [NodeId, NodeId],
) => NodeId;

const GROWTHS: readonly Growth[] = [
  (g, pick) => g.add(pick(), pick()),
  (g, pick) => g.subtract(pick(), pick()),
  (g, pick) => g.multiply(pick(), pick()),
  (g, pick, [s]) => g.multiply(pick(), s),
  (g, pick, [s]) => g.subtract(s, pick()),
  (g, pick) => g.scale(pick(), -0.7),
  (g, pick) => g.apply("square", {}, [pick()]),
  (g, pick) => g.apply("mix", { weight: 0.3 }, [pick(), pick()]),
  (g, pick) => g.apply("flush", {}, [pick()]),
  (g, pick, [s, t]) =>
    g.apply("adamwUpdate", { weightDecay: 0.1, epsilon: 0.5 }, [
      pick(),
      pick(),
      g.apply("square", {}, [pick()]),
      s,
      t,
      t,
    ]),
];

const TENSORS = ["a", "b", "c"];

function caseOf(
  size: number,
  growths: readonly (readonly [number, number])[],
): ElementwiseCase {
  const graph = right(traceGraph((g) => {
    const nodes = TENSORS.map((name) => g.input(name, [size]));
    const scalars = [g.input("s", []), g.input("t", [])] as const;
    for (const [growth, seed] of growths) {
      let turn = seed;
      const pick = (): NodeId => nodes[turn++ % nodes.length]!;
      nodes.push(GROWTHS[growth]!(g, pick, scalars));
    }
    return Object.fromEntries(
      nodes.slice(TENSORS.length).map((id, i) => [`y${i}`, id]),
    );
  }));
  const used = new Set(
    graph.nodes.flatMap((node) =>
      node.op === "input" ? [node.attributes.name] : []
    ),
  );
  const replaced = TENSORS.filter((name) => used.has(name))
    .slice(0, growths.length);
  const numbers = Object.fromEntries(
    TENSORS.map((name, i) => [name, filled([size], i + 1).data]),
  ) as Record<string, Float32Array>;
  return {
    graph,
    replaces: Object.fromEntries(replaced.map((name, i) => [`y${i}`, name])),
    numbers: {
      ...numbers,
      s: Float32Array.of(0.4),
      t: Float32Array.of(0.8),
    },
  };
}

/** Graphs of up to six ops on tensors of 1 to 70 numbers. */
export const elementwiseGraph: fc.Arbitrary<ElementwiseCase> = fc.tuple(
  fc.integer({ min: 1, max: 70 }),
  fc.array(
    fc.tuple(
      fc.nat({ max: GROWTHS.length - 1 }),
      fc.nat({ max: 20 }),
    ),
    { minLength: 1, maxLength: 6 },
  ),
).map(([size, growths]) => caseOf(size, growths));
