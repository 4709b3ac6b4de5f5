/** A graph compiled to kernels. */
import type { Graph, NodeId } from "../../../core/mod.ts";
import { prune } from "../../../core/graph/prune.ts";
import type { CompileOptions } from "../../backend.ts";
import type { CommandList, ValueId } from "../wgsl/command_list.ts";
import { mapKernel } from "../kernels/map.ts";
import type { KernelLimits } from "../wgsl/lowering.ts";
import { tensorTarget } from "../wgsl/tensor.ts";
import {
  type Compilation,
  compilationOf,
  type MatmulChoice,
} from "./compilation.ts";
import { type Context, type Pattern, store } from "./context.ts";
import { isMap } from "./operands/formulas.ts";
import { guardKernels } from "./guard.ts";
import { lowerNode } from "./op_kernels.ts";
import {
  isInlinable,
  isSource,
  keepingOf,
  type Outline,
  outlineOf,
} from "./outline.ts";
import { attentionPatterns } from "./patterns/attention.ts";
import { biasPatterns } from "./patterns/bias.ts";
import { layerNormPatterns } from "./patterns/layer_norm.ts";
import { squaresPatterns } from "./patterns/squares.ts";
import { isHalf } from "./half.ts";
import { emitUpdates, type Update } from "./updates.ts";
import { copyWholeNumbers } from "./whole_numbers.ts";

/** Conditions of a compilation. */
export interface ListOptions
  extends Pick<CompileOptions, "replaces" | "guard"> {
  /** Limits of the adapter. */
  readonly limits: KernelLimits;
  /** Choice of the matrix products' kernels. */
  readonly choose?: MatmulChoice;
  /** Form of what matrix products and attention pass on to each other, 32 bits by default. */
  readonly activations?: "f32" | "bf16";
}

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

/** Where results go. */
interface Placing {
  /** True if a root takes the place of an input that something else may still read. */
  isLate(root: NodeId): boolean;
  /** The value of a root. */
  valueFor(root: NodeId): ValueId;
}

function placingOf(
  compilation: Compilation,
  { replaces = {}, guard, activations = "f32" }: ListOptions,
): Placing {
  const { outline: { graph, node, users, outputs } } = compilation;
  const inputs = new Map(
    graph.nodes.flatMap((here, id) =>
      here.op === "input" ? [[here.attributes.name, id] as const] : []
    ),
  );
  const replacedBy = (root: NodeId): string | undefined => {
    const [name] = outputs(root);
    return name === undefined ? undefined : replaces[name];
  };
  const isLate = (root: NodeId): boolean => {
    const replaced = replacedBy(root);
    if (replaced === undefined) return false;
    const input = inputs.get(replaced);
    if (guard !== undefined || input === undefined) return true;
    const readers = users(input);
    return outputs(input).length > 0 || readers.some((id) => id !== root) ||
      (readers.length > 0 && !isMap(node(root)));
  };
  return {
    isLate,
    valueFor: (root) => {
      const [name] = outputs(root);
      const { shape, dtype } = node(root);
      const replaced = replacedBy(root);
      if (replaced !== undefined && !isLate(root)) {
        return compilation.valueOf(inputs.get(replaced)!)!;
      }
      const isOutput = name !== undefined && replaced === undefined;
      return compilation.value(
        isOutput ? node(graph.outputs[name]!).shape : shape,
        { _tag: isOutput ? "Output" : "Scratch" },
        dtype,
        activations === "bf16" && isHalf(compilation, root)
          ? "bf16"
          : undefined,
      );
    },
  };
}

/** Adds the kernels of all nodes but those that are computed at the end. */
function lowerNodes(
  context: Context,
  patterns: readonly Pattern[],
  isReplacing: (root: NodeId) => boolean,
): void {
  const { compilation } = context;
  const { outline, keeping } = compilation;
  const byTrigger = Map.groupBy(patterns, ({ trigger }) => trigger);
  const covered = new Set(patterns.flatMap(({ covers }) => covers));
  outline.graph.nodes.forEach((node, id) => {
    if (outline.root(id) !== id || isSource(node)) return;
    const pattern = byTrigger.get(id);
    if (pattern !== undefined) return pattern[0]!.emit(context);
    if (covered.has(id) || compilation.isDone(id)) return;
    if (!isInlinable(outline, node)) return lowerNode(context, id);
    if (keeping.isKept(id) && !isReplacing(id)) store(context, id);
  });
}

/** The value of a replaced input, which the graph need not read. */
function inputValue(
  compilation: Compilation,
  name: string,
  output: NodeId,
): ValueId {
  const { outline: { graph, node } } = compilation;
  const id = graph.nodes.findIndex((here) =>
    here.op === "input" && here.attributes.name === name
  );
  if (id >= 0) return compilation.valueOf(id)!;
  const { shape, dtype } = node(output);
  return compilation.value(shape, { _tag: "Input", name }, dtype);
}

/**
 * Compiles a graph.
 *
 * @returns The command list: every output has memory of its own or is written in place of what it replaces.
 */
export function compileGraph(
  graph: Graph,
  options: ListOptions,
): CommandList {
  const { limits, replaces = {}, guard, choose } = options;
  const outline = outlineOf(prune(graph));
  const keeping = keepingOf(outline, limits.buffers - 2);
  const compilation = compilationOf(outline, keeping, limits, choose);
  const placing = placingOf(compilation, options);
  const patterns = patternsOf(outline);
  const covered = new Set(patterns.flatMap(({ covers }) => covers));
  const demanded = new Set(patterns.flatMap(({ demands = [] }) => demands));
  const isReplacing = (root: NodeId): boolean =>
    outline.outputs(root).some((name) => Object.hasOwn(replaces, name));
  const context: Context = {
    compilation,
    rules: {
      isBarred: (root) => covered.has(root) || placing.isLate(root),
      isDemanded: (root) => demanded.has(root),
    },
    valueFor: placing.valueFor,
  };
  lowerNodes(context, patterns, isReplacing);
  for (const name of guard?.finite ?? []) {
    if (Object.hasOwn(replaces, name)) {
      storedValue(context, outline.root(outline.graph.outputs[name]!));
    }
  }
  const outputs: Record<string, ValueId> = {};
  const taken = new Set<ValueId>();
  const updates: Update[] = [];
  for (const [name, id] of Object.entries(outline.graph.outputs)) {
    const root = outline.root(id);
    const held = compilation.valueOf(root);
    const replaced = replaces[name];
    if (replaced === undefined) {
      const isOwn = held !== undefined && !taken.has(held) &&
        compilation.values[held]!.place._tag === "Output";
      outputs[name] = isOwn ? held : copied(context, id);
      taken.add(outputs[name]!);
      continue;
    }
    const target = inputValue(compilation, replaced, id);
    outputs[name] = target;
    if (held === target) continue;
    updates.push({
      source: held === undefined ? { root } : { value: held },
      target,
    });
  }
  compilation.flush();
  const flag = guard === undefined
    ? undefined
    : guarded(context, guard, outputs, replaces);
  const stored = (root: NodeId) => storedValue(context, root);
  const reals = copyWholeNumbers(
    compilation,
    updates,
    stored,
    flag !== undefined,
  );
  emitUpdates(compilation, reals, stored, flag);
  return {
    values: compilation.values,
    calls: compilation.calls,
    outputs,
    replaced: {
      ...replaces,
      ...guard === undefined ? {} : { [guard.allowance]: guard.allowance },
    },
  };
}

/** A copy of a node's numbers as an output of its own. */
function copied({ compilation }: Context, id: NodeId): ValueId {
  const { outline, values } = compilation;
  const { shape, dtype } = outline.node(id);
  const source = compilation.operand(id);
  const value = compilation.value(shape, { _tag: "Output" }, dtype);
  mapKernel(compilation, source, tensorTarget(values, value), "copy");
  return value;
}

/** The value of a root that an update kernel cannot compute. */
function storedValue(context: Context, root: NodeId): ValueId {
  const { compilation } = context;
  if (compilation.valueOf(root) === undefined) store(context, root);
  return compilation.valueOf(root)!;
}

/** The flag of a guard. */
function guarded(
  context: Context,
  { finite, allowance }: NonNullable<CompileOptions["guard"]>,
  outputs: Record<string, ValueId>,
  replaces: NonNullable<CompileOptions["replaces"]>,
): ValueId {
  const { compilation } = context;
  const { graph, root } = compilation.outline;
  const place = { _tag: "Input", name: allowance } as const;
  const value = compilation.value([], place);
  outputs[allowance] = value;
  return guardKernels(
    compilation,
    finite.map((name) =>
      Object.hasOwn(replaces, name)
        ? storedValue(context, root(graph.outputs[name]!))
        : outputs[name]!
    ),
    value,
  );
}
