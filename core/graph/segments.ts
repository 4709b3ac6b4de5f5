/** A graph in parts that run one after another. */
import type { Graph, Node, NodeId, OpName } from "./node.ts";

/**
 * A part of a graph. It computes from inputs of the whole and from what earlier parts
 * have carried to it.
 *
 * A runner keeps what is carried by its name: it puts `carries` aside after the part,
 * gives `takes` to the part beside the inputs of the whole, and drops `releases` after it.
 * An output and a carried value may be one node, and so one memory of an engine: what is
 * added up over ranks must not be written over a value that is still carried.
 */
export interface Segment {
  /** Its nodes. Inputs: inputs of the whole, and `takes`; outputs: `outputs` and `carries`. */
  readonly graph: Graph;
  /** Names of the outputs of the whole that it gives. */
  readonly outputs: readonly string[];
  /** Names of what it computes for later parts. */
  readonly carries: readonly string[];
  /**
   * The `carries` that are sums over ranks: later parts take what all ranks have, added up.
   * They are in one order on all ranks, also where the graphs of ranks number their nodes
   * differently.
   */
  readonly sums: readonly string[];
  /** Names of what it is given of earlier parts. */
  readonly takes: readonly string[];
  /** The `takes` that no later part takes. */
  readonly releases: readonly string[];
}

/** What a segment has to compute. */
export interface SegmentGoal {
  /** Names of outputs of the whole. */
  readonly outputs: readonly string[];
  /** Nodes of the whole whose input it computes, but not they themselves: they are computed between two segments. */
  readonly sums: readonly NodeId[];
}

const REPEATED: ReadonlySet<OpName> = new Set(
  ["input", "constant", "reshape", "broadcastTo", "scale"],
);

/** Name under which the value of a node of the whole is carried. */
function carriedName(id: NodeId): string {
  return `carried/${id}`;
}

/**
 * True if a node is written again wherever it is needed: sources, and what only repeats,
 * renames or scales the numbers of a tensor, which is carried in its place. Engines scale
 * within the product that follows.
 */
export function isRepeated({ op }: Node): boolean {
  return REPEATED.has(op);
}

/** A graph and what its segments are to compute. */
interface Cut {
  readonly graph: Graph;
  readonly goals: readonly SegmentGoal[];
  /** Nodes that are computed between segments. */
  readonly between: ReadonlySet<NodeId>;
}

/** Nodes from which everything that a segment needs is reached. */
const rootsOf = (
  { graph: { nodes, outputs } }: Cut,
  { outputs: names, sums }: SegmentGoal,
): readonly NodeId[] => [
  ...names.map((name) => outputs[name] ?? -1),
  ...sums.map((id) => nodes[id]?.inputs[0] ?? -1),
];

/** All nodes that are reached from some, without those that are reached only through an end. */
function reached(
  { nodes }: Graph,
  roots: readonly NodeId[],
  isEnd: (id: NodeId) => boolean,
): ReadonlySet<NodeId> {
  const found = new Set(roots);
  for (let id = Math.max(-1, ...roots); id >= 0; id--) {
    if (!found.has(id) || isEnd(id)) continue;
    nodes[id]?.inputs.forEach((input) => found.add(input));
  }
  return found;
}

/** For each node the first segment that needs it; for one that none needs, their number. */
function homesOf(cut: Cut): readonly number[] {
  const { graph, goals, between } = cut;
  const homes = graph.nodes.map(() => goals.length);
  goals.forEach((goal, k) => {
    const isDone = (id: NodeId) => between.has(id) || (homes[id] ?? k) < k;
    for (const id of reached(graph, rootsOf(cut, goal), isDone)) {
      homes[id] = Math.min(homes[id] ?? k, k);
    }
  });
  return homes;
}

/** Nodes of a segment. */
interface Members {
  /** All, by their places in the whole, in order. */
  readonly ids: readonly NodeId[];
  /** Those among them that are given, not computed. */
  readonly taken: ReadonlySet<NodeId>;
}

/** Nodes of each segment. */
function membersOf(cut: Cut): readonly Members[] {
  const { graph, goals, between } = cut;
  const homes = homesOf(cut);
  return goals.map((goal, k) => {
    const isTaken = (id: NodeId): boolean => {
      const node = graph.nodes[id];
      return between.has(id) ||
        (node !== undefined && !isRepeated(node) && (homes[id] ?? k) < k);
    };
    const found = reached(graph, rootsOf(cut, goal), isTaken);
    const ids = [...found].sort((a, b) => a - b);
    return { ids, taken: new Set(ids.filter(isTaken)) };
  });
}

/** A node of the whole in a segment. */
function memberNode(
  { nodes }: Graph,
  { taken }: Members,
  places: ReadonlyMap<NodeId, NodeId>,
  id: NodeId,
): readonly Node[] {
  const node = nodes[id];
  if (node === undefined) return [];
  const { shape, dtype, inputs } = node;
  return taken.has(id)
    ? [{
      op: "input",
      attributes: { name: carriedName(id) },
      inputs: [],
      ...{ shape, dtype },
    }]
    : [{ ...node, inputs: inputs.map((input) => places.get(input) ?? -1) }];
}

/** The graph of a segment that carries some nodes. */
function segmentGraph(
  { graph }: Cut,
  { outputs, sums }: SegmentGoal,
  members: Members,
  carried: readonly NodeId[],
): Graph {
  const places = new Map(members.ids.map((id, place) => [id, place]));
  const at = (id: NodeId = -1): NodeId => places.get(id) ?? -1;
  return {
    nodes: members.ids.flatMap((id) => memberNode(graph, members, places, id)),
    outputs: Object.fromEntries([
      ...outputs.map((name) => [name, at(graph.outputs[name])]),
      ...carried.map((id) => [carriedName(id), at(id)]),
      ...sums.map((id) => [carriedName(id), at(graph.nodes[id]?.inputs[0])]),
    ]),
  };
}

/**
 * Segments that compute what they are to compute, each node in the first that needs it.
 *
 * @param goals What each segment computes. A goal's `sums` may only be needed by later
 * segments.
 */
export function segmentsFor(
  graph: Graph,
  goals: readonly SegmentGoal[],
): readonly Segment[] {
  const between = new Set(goals.flatMap(({ sums }) => sums));
  const cut = { graph, goals, between };
  const members = membersOf(cut);
  const takenBehind = goals.map((_, k) =>
    new Set(members.slice(k + 1).flatMap(({ taken }) => [...taken]))
  );
  return goals.map((goal, k): Segment => {
    const { ids, taken } = members[k] as Members;
    const behind = takenBehind[k] as ReadonlySet<NodeId>;
    const carried = ids.filter((id) => behind.has(id) && !taken.has(id));
    const sums = goal.sums.map(carriedName);
    return {
      graph: segmentGraph(cut, goal, { ids, taken }, carried),
      outputs: goal.outputs,
      carries: [...carried.map(carriedName), ...sums],
      sums,
      takes: [...taken].map(carriedName),
      releases: [...taken].filter((id) => !behind.has(id)).map(carriedName),
    };
  });
}

/**
 * Cuts a graph by its outputs into segments that run one after another.
 *
 * Each node is computed in the first segment that needs it, and carried to later ones;
 * only what costs nothing, as a reshape, is written in each. So one group alone gives the
 * graph itself, without what no output of the group needs.
 *
 * @param graph The whole.
 * @param groups Names of outputs for each segment, in the order in which they run.
 *
 * @example The second segment goes on with what the first has computed
 * ```ts
 * import { cutGraph, traceGraph } from "../mod.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const graph = traceGraph((g) => {
 *   const y = g.apply("gelu", {}, [g.input("x", [2])]);
 *   return { y, z: g.apply("square", {}, [y]) };
 * });
 * if (graph._tag === "Left") throw new Error("does not fit");
 * const [first, second] = cutGraph(graph.right, [["y"], ["z"]]);
 *
 * deepStrictEqual(first?.carries, ["carried/1"]);
 * deepStrictEqual(second?.takes, ["carried/1"]);
 * deepStrictEqual(second?.graph.nodes.map(({ op }) => op), ["input", "square"]);
 * ```
 */
export function cutGraph(
  graph: Graph,
  groups: readonly (readonly string[])[],
): readonly Segment[] {
  return segmentsFor(
    graph,
    groups.map((outputs) => ({ outputs, sums: [] })),
  );
}
