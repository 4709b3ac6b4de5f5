/** What lowerings of ops and patterns work with. */
import type { NodeId, Shape } from "../../../core/mod.ts";
import type { ValueId } from "../wgsl/command_list.ts";
import { mapKernel } from "../kernels/map.ts";
import type { Operand, Target } from "../wgsl/operand.ts";
import { openChain } from "./chain_targets.ts";
import { buffersOf, type Chain, chainFrom, type ChainRules } from "./chains.ts";
import type { Compilation } from "./compilation.ts";
import { expressionOf } from "./operands/expressions.ts";
import { readInputs } from "./outline.ts";
import { hasFours } from "./operands/views.ts";

/** A compilation and its rules. */
export interface Context {
  readonly compilation: Compilation;
  readonly rules: ChainRules;
  /** The value that is to hold a root's numbers. */
  readonly valueFor: (root: NodeId) => ValueId;
}

/** Some nodes that are computed together, at the turn of one of them. */
export interface Pattern {
  /** The node at whose turn it is done; all that it needs is there then. */
  readonly trigger: NodeId;
  /** All nodes that need no kernel of their own, the trigger among them. */
  readonly covers: readonly NodeId[];
  /** Nodes whose numbers must be in memory besides. */
  readonly demands?: readonly NodeId[];
  /** Adds its kernels. */
  readonly emit: (context: Context) => void;
}

/** A node that a kernel computes. */
export interface Result {
  readonly id: NodeId;
  /** Extents as the kernel sees them; by default the node's own. */
  readonly shape?: Shape;
}

/**
 * Targets of all nodes that one kernel, or several in a row, compute: each with what can
 * follow it, which never reads another of them. Operands are taken before.
 *
 * @param own Buffers that the kernel binds besides the targets.
 */
export function targetsOf(
  { compilation, rules, valueFor }: Context,
  results: readonly Result[],
  own: number,
): readonly Target[] {
  let free = compilation.limits.buffers - own;
  const chains = results.map(({ id }, i) => {
    const others = results.length - 1 - i;
    const chain = chainFrom(compilation, rules, id, free - others);
    free -= buffersOf(compilation, chain);
    return chain;
  });
  return chains.map((chain, i) =>
    openChain(compilation, chain, valueFor, results[i]!.shape)
  );
}

/** The target of a kernel that computes a node from its inputs, and what can follow it. */
export function targetOf(context: Context, id: NodeId, shape?: Shape): Target {
  const { leaves, outline } = context.compilation;
  const own = leaves(readInputs(outline, id)).size;
  const result = { id, ...shape === undefined ? {} : { shape } };
  return targetsOf(context, [result], own)[0]!;
}

/** Stores what some nodes are computed from until no more buffers than allowed are bound to read them. */
export function limitLeaves(
  context: Context,
  ids: readonly NodeId[],
  most: number,
): void {
  const { leaves, outline: { root } } = context.compilation;
  for (;;) {
    if (leaves(ids).size <= most) return;
    const [widest] = [...new Set(ids.map(root))]
      .sort((a, b) => leaves([b]).size - leaves([a]).size);
    if (widest === undefined || leaves([widest]).size <= 1) return;
    store(context, widest);
  }
}

/** The target of a kernel that computes a node, with nothing after it. */
export function plainTarget(
  { compilation, valueFor }: Context,
  id: NodeId,
): Target {
  const chain: Chain = { roots: [id], stored: new Set([id]) };
  return openChain(compilation, chain, valueFor);
}

/** Adds a kernel that computes a node which treats every number alone, and what can follow it. */
export function store(context: Context, id: NodeId): void {
  const { compilation } = context;
  const { outline, operand, limits } = compilation;
  limitLeaves(context, readInputs(outline, id), limits.buffers - 2);
  const source = expressionOf(outline, id, operand);
  const target = targetOf(context, id);
  mapKernel(compilation, source, target, outline.node(id).op);
}

/** The numbers of a node for a kernel that reads them many times: in memory, or in another order in memory. */
export function inMemory(context: Context, id: NodeId): Operand {
  const { compilation } = context;
  const { outline, keeping, valueOf, operand } = compilation;
  const root = outline.root(id);
  const { shape } = outline.node(id);
  if (valueOf(root) === undefined && !compilation.isDone(root)) {
    const isGoodView = keeping.isView(root) &&
      (!hasFours(shape) || operand(id).vector);
    if (!isGoodView) store(context, root);
  }
  return operand(id);
}
