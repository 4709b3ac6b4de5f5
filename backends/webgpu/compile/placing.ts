/** Where results go: to memory of their own, to scratch memory, or in place of an input. */
import type { NodeId } from "../../../core/mod.ts";
import type { CompileOptions } from "../../backend.ts";
import type { ValueId } from "../wgsl/command_list.ts";
import type { KernelLimits } from "../wgsl/lowering.ts";
import type { Compilation, MatmulChoice } from "./compilation.ts";
import { isHalf } from "./half.ts";
import { isMap } from "./operands/formulas.ts";

/** Conditions of a compilation. */
export interface CompilationOptions
  extends Pick<CompileOptions, "replaces" | "guard"> {
  /** Limits of the adapter. */
  readonly limits: KernelLimits;
  /** Choice of the matrix products' kernels. */
  readonly choose?: MatmulChoice;
  /** Form of what matrix products and attention pass on to each other, 32 bits by default. */
  readonly activations?: "f32" | "bf16";
}

/** Where results go. */
export interface Placing {
  /** True if a root takes the place of an input that something else may still read. */
  isLate(root: NodeId): boolean;
  /** The value of a root. */
  valueFor(root: NodeId): ValueId;
}

/** Decides on the places of results. */
export function placingOf(
  compilation: Compilation,
  { replaces = {}, guard, activations = "f32" }: CompilationOptions,
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
