/** A graph compiled to kernels. */
import type { Graph, NodeId } from "../../../core/mod.ts";
import { prune } from "../../../core/graph/prune.ts";
import type { CommandList } from "../wgsl/command_list.ts";
import { compilationOf } from "./compilation.ts";
import { type Context, type Pattern, store } from "./context.ts";
import { keepingOf } from "./keeping.ts";
import { lowerNode } from "./op_kernels.ts";
import { isInlinable, isSource, type Outline, outlineOf } from "./outline.ts";
import { attentionPatterns } from "./patterns/attention.ts";
import { biasPatterns } from "./patterns/bias.ts";
import { layerNormPatterns } from "./patterns/layer_norm.ts";
import { squaresPatterns } from "./patterns/squares.ts";
import { type CompilationOptions, placingOf } from "./placing.ts";
import { resultsOf } from "./results.ts";

/** All patterns of a graph; a node belongs to one at most. */
function patternsOf(outline: Outline): readonly Pattern[] {
  const taken = new Set<NodeId>();
  const free = (patterns: readonly Pattern[]): readonly Pattern[] =>
    patterns.filter(({ covers }) => {
      const isFree = covers.every((id) => !taken.has(id));
      if (isFree) covers.forEach((id) => taken.add(id));
      return isFree;
    });
  return [
    ...free(attentionPatterns(outline)),
    ...free(layerNormPatterns(outline)),
    ...free(squaresPatterns(outline)),
    ...free(biasPatterns(outline, (id) => taken.has(id))),
  ];
}

/** Adds the kernels of all nodes but those that are computed at the end. */
function lowerNodes(
  context: Context,
  patterns: readonly Pattern[],
  covered: ReadonlySet<NodeId>,
  isReplacing: (root: NodeId) => boolean,
): void {
  const { compilation } = context;
  const { outline, keeping } = compilation;
  const byTrigger = new Map(
    patterns.map((pattern) => [pattern.trigger, pattern] as const),
  );
  outline.graph.nodes.forEach((node, id) => {
    if (outline.root(id) !== id || isSource(node)) return;
    const pattern = byTrigger.get(id);
    if (pattern !== undefined) return pattern.emit(context);
    if (covered.has(id) || compilation.isDone(id)) return;
    if (!isInlinable(outline, node)) return lowerNode(context, id);
    if (keeping.isKept(id) && !isReplacing(id)) store(context, id);
  });
}

/**
 * Compiles a graph.
 *
 * @returns The command list: every output has memory of its own or is written in place of what it replaces.
 */
export function compileGraph(
  graph: Graph,
  options: CompilationOptions,
): CommandList {
  const { limits, replaces = {}, choose } = options;
  const outline = outlineOf(prune(graph));
  const keeping = keepingOf(outline, limits.buffers - 2);
  const compilation = compilationOf(outline, keeping, limits, choose);
  const placing = placingOf(compilation, options);
  const patterns = patternsOf(outline);
  const covered = new Set(patterns.flatMap(({ covers }) => covers));
  const demanded = new Set(patterns.flatMap(({ demands = [] }) => demands));
  const context: Context = {
    compilation,
    rules: {
      isBarred: (root) => covered.has(root) || placing.isLate(root),
      isDemanded: (root) => demanded.has(root),
    },
    valueFor: placing.valueFor,
  };
  lowerNodes(
    context,
    patterns,
    covered,
    (root) =>
      outline.outputs(root).some((name) => Object.hasOwn(replaces, name)),
  );
  const results = resultsOf(context, options);
  const { values, calls } = compilation;
  return { values, calls, ...results };
}
