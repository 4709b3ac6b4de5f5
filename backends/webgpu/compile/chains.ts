/**
 * Work that follows a kernel on the same numbers, done before they are stored: biases,
 * residuals, activations, other places. A chain begins at the node that the kernel
 * computes and goes on as long as the next node treats every number alone and everything
 * else that it needs is there.
 */
import { type Node, type NodeId, sizeOf } from "../../../core/mod.ts";
import { sameShape } from "../../../core/graph/shape.ts";
import type { Compilation } from "./compilation.ts";
import { isMap } from "./operands/formulas.ts";
import { isRereading, isTranspose } from "./outline.ts";

/** Nodes that one kernel computes one after the other; all treat each number alone but the first. */
export interface Chain {
  /** Their roots, at least one. */
  readonly roots: readonly NodeId[];
  /** Those that are stored, the last among them. */
  readonly stored: ReadonlySet<NodeId>;
}

/** Conditions of chains. */
export interface ChainRules {
  /** Nodes that must not be computed yet. */
  readonly isBarred: (root: NodeId) => boolean;
  /** Nodes that are needed besides what the graph says, so that they can be had from memory. */
  readonly isDemanded: (root: NodeId) => boolean;
}

/** True if a node can follow another one in its chain. */
function follows(
  compilation: Compilation,
  { isBarred }: ChainRules,
  before: NodeId,
  id: NodeId,
): boolean {
  const { outline, isDone, isReady } = compilation;
  const { node, root, users, outputs } = outline;
  if (isDone(id) || isBarred(id)) return false;
  const [from, to] = [node(before), node(id)];
  if (isTranspose(to)) {
    return users(before).length === 1 && outputs(before).length === 0;
  }
  if (!isMap(to) || sizeOf(from.shape) !== sizeOf(to.shape)) return false;
  return (to as Node).inputs.every((input) =>
    root(input) === before
      ? sameShape(node(input).shape, to.shape)
      : isReady(root(input))
  );
}

/** True if others than the next node of a chain read a node's numbers. */
const isShared = (
  { outline: { outputs, users } }: Compilation,
  { isDemanded }: ChainRules,
  id: NodeId,
  next: NodeId | undefined,
): boolean =>
  outputs(id).length > 0 || isDemanded(id) ||
  users(id).some((user) => user !== next);

/** All nodes that can follow the first one, as far as buffers are free. */
function followersOf(
  compilation: Compilation,
  rules: ChainRules,
  first: NodeId,
  free: number,
): readonly NodeId[] {
  const { outline: { inputs, users }, keeping, leaves } = compilation;
  const roots = [first];
  let others: ReadonlySet<NodeId> = new Set();
  let targets = 1;
  for (;;) {
    const last = roots.at(-1)!;
    const possible = users(last).filter((id) =>
      follows(compilation, rules, last, id)
    );
    const next = possible.find(keeping.isKept) ?? possible[0];
    if (next === undefined) return roots;
    const more = leaves(inputs(next).filter((input) => input !== last));
    others = new Set([...others, ...more]);
    if (isShared(compilation, rules, last, next)) targets++;
    if (others.size + targets > free) return roots;
    roots.push(next);
  }
}

/** Nodes that are demanded and cannot be had from what is stored behind them. */
const demandedOf = (
  { outline: { node } }: Compilation,
  { isDemanded }: ChainRules,
  roots: readonly NodeId[],
  stored: readonly NodeId[],
): readonly NodeId[] =>
  roots.filter((id, i) => {
    if (!isDemanded(id) || stored.includes(id)) return false;
    const end = roots.findIndex((later, j) => j > i && stored.includes(later));
    const isMoved = roots.slice(i + 1, end + 1)
      .every((later) => isTranspose(node(later)));
    return !isMoved;
  });

/**
 * Finds the chain of a node.
 *
 * @param free Buffers that the kernel may bind besides its own; of these, the chain takes one for what it stores.
 */
export function chainFrom(
  compilation: Compilation,
  rules: ChainRules,
  first: NodeId,
  free: number,
): Chain {
  const { outline: { node, outputs, users }, keeping } = compilation;
  const all = followersOf(compilation, rules, first, free);
  const isWanted = (id: NodeId, i: number): boolean =>
    (i === 0 && all.length > 1 &&
      isShared(compilation, rules, id, all[1])) ||
    (i > 0 && keeping.isKept(id)) ||
    users(id).some((user) => isRereading(node(user)) && user !== all[i + 1]);
  const end = all.findLastIndex(isWanted);
  const roots = end < 0 ? all : all.slice(0, end + 1);
  const stored = roots.filter((id, i) =>
    i === roots.length - 1 ||
    outputs(id).length > 0 ||
    users(id).some((user) => user !== roots[i + 1])
  );
  const demanded = demandedOf(compilation, rules, roots, stored);
  return { roots, stored: new Set([...stored, ...demanded]) };
}

/** Buffers that a chain binds: what it stores, and what it reads. */
export function buffersOf(
  { outline: { inputs }, leaves }: Compilation,
  { roots, stored }: Chain,
): number {
  const others = roots.slice(1).flatMap((id, i) =>
    inputs(id).filter((input) => input !== roots[i])
  );
  return stored.size + leaves(others).size;
}
