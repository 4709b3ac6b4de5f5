/** What lowerings of ops and patterns work with. */
import type { NodeId, Shape } from "../../../core/mod.ts";
import type { ValueId } from "../command_list.ts";
import { mapKernel } from "../kernels/map.ts";
import type { Operand, Target } from "../wgsl/operand.ts";
import { type Chain, chainFrom, type ChainRules, openChain } from "./chains.ts";
import type { Compilation } from "./compilation.ts";
import { expressionOf } from "./expressions.ts";
import { hasFours } from "./views.ts";

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

/** The target of a kernel that computes a node, and what can follow it. Operands are taken before. */
export function targetOf(
  { compilation, rules, valueFor }: Context,
  id: NodeId,
  shape?: Shape,
): Target {
  const chain = chainFrom(compilation, rules, id);
  return openChain(compilation, chain, valueFor, shape);
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
  const { outline, operand } = compilation;
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
