/** Decisions on which numbers of a graph are kept in memory. */
import { type NodeId, sizeOf } from "../../../core/mod.ts";
import {
  isInlinable,
  isRereading,
  isSource,
  isView,
  type Outline,
  readInputs,
} from "./outline.ts";

/** Results of so few numbers may be computed again by every user. */
const SMALL = 4_096;

/** Most numbers that one is computed from where it is used; more would make long kernels. */
const MOST_LOADS = 64;

/** Decisions on which numbers are kept in memory. */
export interface Keeping {
  /** True if a root's numbers have to be in memory when they are computed. */
  isKept(root: NodeId): boolean;
  /** True if a root is another one's numbers in memory, read elsewhere. */
  isView(root: NodeId): boolean;
}

/**
 * Decides what is kept: outputs, what does not treat each number alone, and what several
 * nodes use unless it is no more work to compute it again.
 *
 * @param buffers Most buffers of one expression.
 */
export function keepingOf(outline: Outline, buffers: number): Keeping {
  const { graph: { nodes }, root, users, outputs } = outline;
  const kept: boolean[] = nodes.map(() => false);
  const views: boolean[] = nodes.map(() => false);
  const loads: number[] = nodes.map(() => 0);
  const leaves: ReadonlySet<NodeId>[] = [];
  const keep = (id: NodeId): void => {
    [kept[id], views[id], loads[id]] = [true, false, 1];
    leaves[id] = new Set([id]);
  };
  nodes.forEach((node, id) => {
    leaves.push(new Set([id]));
    if (root(id) !== id) return;
    loads[id] = node.op === "constant" ? 0 : 1;
    if (isSource(node)) return;
    if (outputs(id).length > 0 || !isInlinable(outline, node)) return keep(id);
    const from = readInputs(outline, id);
    const isInMemory = (input: NodeId): boolean =>
      kept[input]! || isSource(nodes[input]!) || views[input]!;
    const count = users(id).length;
    if (isView(node)) {
      const [input = 0] = from;
      if (!isInMemory(input) && count > 1) keep(input);
      views[id] = isInMemory(input);
    }
    const terms = node.op === "sumTo"
      ? sizeOf(nodes[node.inputs[0]!]!.shape) / Math.max(1, sizeOf(node.shape))
      : 1;
    const loadsNow = (): number =>
      terms * from.reduce((sum, input) => sum + loads[input]!, 0);
    if (loadsNow() > MOST_LOADS) {
      from.filter((input) => loads[input]! > 1).forEach(keep);
    }
    loads[id] = loadsNow();
    const needed = (): ReadonlySet<NodeId> =>
      new Set(from.flatMap((input) => [...leaves[input]!]));
    leaves[id] = needed();
    while (leaves[id]!.size > buffers) {
      const widest = from.filter((input) => leaves[input]!.size > 1)
        .sort((a, b) => leaves[b]!.size - leaves[a]!.size)[0];
      if (widest === undefined) break;
      keep(widest);
      leaves[id] = needed();
    }
    if (count <= 1 || views[id]) return;
    const isCheap = loads[id]! <= 2 && count <= 2 &&
      users(id).every((user) => !isRereading(nodes[user]!));
    const isSmall = sizeOf(node.shape) <= SMALL && loads[id]! <= 8;
    if (!isCheap && !isSmall) keep(id);
  });
  return {
    isKept: (id) => kept[id]!,
    isView: (id) => views[id]!,
  };
}
