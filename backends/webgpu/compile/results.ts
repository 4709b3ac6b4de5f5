/** The end of a compilation: outputs, the guard, and what takes the place of inputs. */
import type { NodeId } from "../../../core/mod.ts";
import type { Guard } from "../../backend.ts";
import { mapKernel } from "../kernels/map.ts";
import type { CommandList, ValueId } from "../wgsl/command_list.ts";
import { tensorTarget } from "../wgsl/tensor.ts";
import type { Compilation } from "./compilation.ts";
import { type Context, store } from "./context.ts";
import { guardKernels } from "./guard.ts";
import type { CompilationOptions } from "./placing.ts";
import type { Update } from "./update_code.ts";
import { emitUpdates } from "./updates.ts";
import { copyWholeNumbers } from "./whole_numbers.ts";

type Names = Readonly<Record<string, string>>;

type Values = Readonly<Record<string, ValueId>>;

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

/** The flag of a guard, and the value of its allowance. */
function guarded(
  context: Context,
  { finite, allowance }: Guard,
  outputs: Values,
  replaces: Names,
): { readonly flag: ValueId; readonly left: ValueId } {
  const { compilation } = context;
  const { graph, root } = compilation.outline;
  const left = compilation.value([], { _tag: "Input", name: allowance });
  const flag = guardKernels(
    compilation,
    finite.map((name) =>
      Object.hasOwn(replaces, name)
        ? storedValue(context, root(graph.outputs[name]!))
        : outputs[name]!
    ),
    left,
  );
  return { flag, left };
}

/** Outputs by name, and those of them that replace inputs and are not in place yet. */
function outputsOf(
  context: Context,
  replaces: Names,
): { readonly outputs: Values; readonly updates: readonly Update[] } {
  const { compilation } = context;
  const { graph, root } = compilation.outline;
  const outputs: Record<string, ValueId> = {};
  const updates: Update[] = [];
  for (const [name, id] of Object.entries(graph.outputs)) {
    const held = compilation.valueOf(root(id));
    const replaced = replaces[name];
    if (replaced === undefined) {
      const isOwn = held !== undefined &&
        !Object.values(outputs).includes(held) &&
        compilation.values[held]!.place._tag === "Output";
      outputs[name] = isOwn ? held : copied(context, id);
      continue;
    }
    const target = inputValue(compilation, replaced, id);
    outputs[name] = target;
    if (held === target) continue;
    const source = held === undefined ? { root: root(id) } : { value: held };
    updates.push({ source, target });
  }
  return { outputs, updates };
}

/** Adds the kernels of all that is left when every node has had its turn. */
export function resultsOf(
  context: Context,
  { replaces = {}, guard }: CompilationOptions,
): Pick<CommandList, "outputs" | "replaced"> {
  const { compilation } = context;
  const { graph, root } = compilation.outline;
  const stored = (id: NodeId): ValueId => storedValue(context, id);
  // What is judged by the guard must be there before anything is replaced.
  for (const name of guard?.finite ?? []) {
    if (Object.hasOwn(replaces, name)) stored(root(graph.outputs[name]!));
  }
  const { outputs, updates } = outputsOf(context, replaces);
  compilation.flush();
  const condition = guard === undefined
    ? undefined
    : guarded(context, guard, outputs, replaces);
  const flag = condition?.flag;
  const isGuarded = flag !== undefined;
  const reals = copyWholeNumbers(compilation, updates, stored, isGuarded);
  emitUpdates(compilation, reals, stored, flag);
  if (guard === undefined || condition === undefined) {
    return { outputs, replaced: replaces };
  }
  const { allowance } = guard;
  return {
    outputs: { ...outputs, [allowance]: condition.left },
    replaced: { ...replaces, [allowance]: allowance },
  };
}
