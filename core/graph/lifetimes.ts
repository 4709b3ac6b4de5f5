/** Lifetimes of tensors: last uses and the peak of memory. */
import {
  type Graph,
  type Node,
  type NodeId,
  type Signature,
  sizeOf,
} from "./node.ts";

/** Bytes of a tensor; both kinds of number have four. */
export function bytesOf(signature: Signature): number {
  return 4 * sizeOf(signature.shape);
}

/**
 * The nodes whose tensors are used for the last time by each node.
 *
 * @returns For each node, the ids to release after it; inputs and outputs of the graph are in none.
 */
export function lastUses(graph: Graph): readonly (readonly NodeId[])[] {
  const kept = new Set<NodeId>(Object.values(graph.outputs));
  const released: NodeId[][] = graph.nodes.map(() => []);
  for (let user = graph.nodes.length - 1; user >= 0; user--) {
    for (const id of graph.nodes[user]?.inputs ?? []) {
      if (kept.has(id) || graph.nodes[id]?.op === "input") continue;
      kept.add(id);
      released[user]?.push(id);
    }
  }
  return released;
}

/** True if the node's tensor shares the memory of its input. */
const isView = (node: Node): boolean => node.op === "reshape";

/** The node whose memory a node's tensor lies in. */
function storageOf(graph: Graph): readonly NodeId[] {
  const storage: NodeId[] = [];
  graph.nodes.forEach((node, id) => {
    const [source = id] = isView(node) ? node.inputs : [];
    storage.push(storage[source] ?? id);
  });
  return storage;
}

/** The most bytes that some tensors take at one time when nodes run in order. */
function peakOf(graph: Graph, isHeld: (id: NodeId) => boolean): number {
  const storage = storageOf(graph);
  const users = storage.map(() => 0);
  const release = lastUses(graph);
  let live = 0;
  let peak = 0;
  graph.nodes.forEach((node, id) => {
    const own = storage[id] ?? id;
    users[own] = (users[own] ?? 0) + 1;
    if (own === id && isHeld(id)) live += bytesOf(node);
    peak = Math.max(peak, live);
    for (const ended of release[id] ?? []) {
      const place = storage[ended] ?? ended;
      const left = (users[place] ?? 0) - 1;
      users[place] = left;
      const owner = graph.nodes[place];
      if (left === 0 && owner !== undefined && isHeld(place)) {
        live -= bytesOf(owner);
      }
    }
  });
  return peak;
}

const isComputed = ({ op }: Node): boolean =>
  op !== "input" && op !== "constant";

/**
 * The most bytes that intermediate tensors and outputs take at one time when
 * nodes run in order and each is released after its last use. Inputs and
 * constants are not counted; they are there before and after.
 */
export function peakBytes(graph: Graph): number {
  return peakOf(graph, (id) => isComputed(graph.nodes[id]!));
}

/**
 * The most bytes that intermediate tensors alone take at one time: `peakBytes` where
 * there is room for all outputs from the beginning.
 */
export function scratchBytes(graph: Graph): number {
  const storage = storageOf(graph);
  const kept = new Set(Object.values(graph.outputs).map((id) => storage[id]));
  return peakOf(
    graph,
    (id) => !kept.has(id) && isComputed(graph.nodes[id]!),
  );
}
