/**
 * Random graphs: some inputs, some ops on what is there already, some outputs.
 *
 * @module
 */
import fc from "fast-check";
import {
  type Graph,
  type GraphBuilder,
  type NodeId,
  sizeOf,
  traceGraph,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import { right } from "../../right.ts";

/**
 * Ops that keep the number of numbers, so that any two nodes can be combined
 * after a reshape, and that keep numbers in `[−2, 2]`, so that none overflows.
 */
const MOVES = {
  add: (g: GraphBuilder, a: NodeId, b: NodeId) => g.scale(g.add(a, b), 0.5),
  multiply: (g: GraphBuilder, a: NodeId, b: NodeId) =>
    g.scale(g.multiply(a, b), 0.5),
  subtract: (g: GraphBuilder, a: NodeId, b: NodeId) =>
    g.scale(g.subtract(a, b), -0.5),
  gelu: (g: GraphBuilder, a: NodeId) => g.apply("gelu", {}, [a]),
  flatten: (g: GraphBuilder, a: NodeId) => g.reshape(a, [sizeOf(g.shape(a))]),
  fold: (g: GraphBuilder, a: NodeId) => g.reshape(a, [2, 3]),
  transpose: (g: GraphBuilder, a: NodeId) =>
    g.transpose(a, g.shape(a).map((_, axis) => axis).toReversed()),
  halves: (g: GraphBuilder, a: NodeId) => {
    const flat = g.reshape(a, [6]);
    return g.concat([g.slice(flat, 0, 4, 2), g.slice(flat, 0, 0, 4)], 0);
  },
} as const;

type Move = keyof typeof MOVES;

/** One op and the positions, counted backwards, of what it is applied to. */
export type Instruction = readonly [move: Move, a: number, b: number];

/** Sequences of ops. */
export const instructions: fc.Arbitrary<readonly Instruction[]> = fc.array(
  fc.tuple(
    fc.constantFrom(...Object.keys(MOVES) as Move[]),
    fc.nat({ max: 8 }),
    fc.nat({ max: 8 }),
  ),
  { minLength: 1, maxLength: 20 },
);

/** Performs the instructions on two nodes of six numbers; gives all nodes in order. */
export function perform(
  g: GraphBuilder,
  inputs: readonly NodeId[],
  steps: readonly Instruction[],
): readonly NodeId[] {
  const nodes = [...inputs];
  const back = (distance: number): NodeId =>
    nodes[Math.max(0, nodes.length - 1 - distance)] ?? -1;
  for (const [move, a, b] of steps) {
    const first = back(a);
    nodes.push(MOVES[move](g, first, g.reshape(back(b), g.shape(first))));
  }
  return nodes;
}

/** Graphs with inputs `x` and `y` of six numbers and any of their nodes as outputs. */
export const graphs: fc.Arbitrary<Graph> = fc.tuple(
  instructions,
  fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 3 }),
).map(([steps, picks]) =>
  right(traceGraph((g) => {
    const inputs = [g.input("x", [2, 3]), g.input("y", [6])];
    const nodes = perform(g, inputs, steps);
    return Object.fromEntries(
      picks.map((pick, i) => [`out${i}`, nodes[pick % nodes.length] ?? -1]),
    );
  }))
);

/** Numbers for the inputs of `graphs`. */
export const GRAPH_INPUTS: NamedValues = {
  x: Float64Array.of(0.3, -1.2, 0.8, 1.1, -0.4, 0.6),
  y: Float64Array.of(-0.7, 0.2, 1.3, -0.9, 0.5, 0.1),
};
