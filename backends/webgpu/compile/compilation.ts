/** The state of a compilation: which numbers are in memory, and the kernels so far. */
import type { NodeId, Shape } from "../../../core/mod.ts";
import type { Call, Place, Value, ValueId } from "../wgsl/command_list.ts";
import type { MatmulOptions } from "../kernels/matmul/matmul.ts";
import type { MatmulSizes } from "../kernels/matmul/matmul_variants.ts";
import { kernelWriter } from "../wgsl/kernel_writer.ts";
import type { KernelLimits, Lowering, Partials } from "../wgsl/lowering.ts";
import type { Operand, Target } from "../wgsl/operand.ts";
import { tensorOperand, tensorTarget } from "../wgsl/tensor.ts";
import { expressionOf, uniformConstant } from "./operands/expressions.ts";
import type { Keeping } from "./keeping.ts";
import {
  isInlinable,
  isSource,
  type Outline,
  readInputs,
  SHORT_SUM,
} from "./outline.ts";
import { planesSum, tapped } from "./operands/planes.ts";
import { reshaped } from "./operands/views.ts";
import { waitingSums } from "./waiting_sums.ts";

/** Chooses the kernel of a matrix product that writes to targets; where it gives nothing the default is taken. */
export type MatmulChoice = (
  sizes: MatmulSizes,
  targets: readonly Target[],
) => Pick<MatmulOptions, "variant" | "split"> | undefined;

/** Grows a command list from a graph. */
export interface Compilation extends Lowering {
  readonly values: Value[];
  /** Kernels so far. */
  readonly calls: readonly Call[];
  readonly outline: Outline;
  readonly keeping: Keeping;
  /** Choice of the matrix products' kernels; by default that of the kernels themselves. */
  readonly choose: MatmulChoice | undefined;
  /** Adds a value. */
  value(
    shape: Shape,
    place: Place,
    dtype?: Value["dtype"],
    storage?: Value["storage"],
  ): ValueId;
  /** The numbers of a node, in memory or computed where they are read. */
  operand(id: NodeId): Operand;
  /**
   * The numbers of a node for a kernel after which nobody reads them: partial sums that
   * still wait are added up where they are read.
   */
  lastOperand(id: NodeId): Operand;
  /**
   * The numbers of a node for a kernel that reads each of them once, if they are partial sums that
   * still wait: they are added up and stored where they are read.
   *
   * @param free Buffers that the kernel may bind for it.
   * @returns The operand and the buffers that are bound for it; `null` if there is no such sum.
   */
  tappedOperand(
    id: NodeId,
    free: number,
  ): { readonly operand: Operand; readonly buffers: number } | null;
  /** True if the numbers of a root are in memory or can be computed from what is. */
  isReady(root: NodeId): boolean;
  /** Roots whose buffers must be bound to read the numbers of some nodes, as things stand. */
  leaves(ids: readonly NodeId[]): ReadonlySet<NodeId>;
  /** True if a root was computed, by a kernel of its own or as a part of one. */
  isDone(root: NodeId): boolean;
  /** The value of a root in memory. */
  valueOf(root: NodeId): ValueId | undefined;
  /** Says that a value holds a root's numbers from now on. */
  hold(root: NodeId, value: ValueId): Target;
  /** Says that a root is done: no kernel need compute it; `view` gives its numbers, if they can be had. */
  finish(root: NodeId, view?: () => Operand): void;
  /** Adds up all sums that wait. */
  flush(): void;
}

/** Begins a compilation. */
export function compilationOf(
  outline: Outline,
  keeping: Keeping,
  limits: KernelLimits,
  choose?: MatmulChoice,
): Compilation {
  const [values, calls]: [Value[], Call[]] = [[], []];
  const held = new Map<NodeId, ValueId>();
  const done = new Map<NodeId, (() => Operand) | undefined>();
  const { node, root } = outline;
  const place: Compilation["value"] = (
    shape,
    place,
    dtype = "float32",
    storage = dtype === "int32" ? "i32" : "f32",
  ) => values.push({ shape, dtype, storage, place }) - 1;
  const source = (id: NodeId): ValueId | undefined => {
    const here = node(id);
    const { shape, dtype } = here;
    if (here.op === "input") {
      const { name } = here.attributes;
      held.set(id, place(shape, { _tag: "Input", name }, dtype));
    } else if (here.op === "constant") {
      const numbers = here.attributes.values;
      const constant = { _tag: "Constant", values: numbers } as const;
      held.set(id, place(shape, constant, dtype));
    }
    return held.get(id);
  };
  const isReady = (id: NodeId): boolean => {
    const here = node(id);
    if (isSource(here) || held.has(id) || done.get(id)) return true;
    return !done.has(id) && !keeping.isKept(id) &&
      outline.inputs(id).every(isReady);
  };
  const leaves = (ids: readonly NodeId[]): ReadonlySet<NodeId> => {
    const [found, seen] = [new Set<NodeId>(), new Set<NodeId>()];
    const visit = (id: NodeId): void => {
      if (seen.has(id)) return;
      seen.add(id);
      const here = node(id);
      if (here.op === "constant" && uniformConstant(here) !== null) return;
      const isThere = isSource(here) || held.has(id) || done.has(id);
      if (isThere || !isInlinable(outline, here)) found.add(id);
      else readInputs(outline, id).forEach(visit);
    };
    ids.forEach((id) => visit(root(id)));
    return found;
  };
  const operandOfRoot = (id: NodeId, shape: Shape): Operand => {
    const here = node(id);
    const literal = here.op === "constant" ? uniformConstant(here) : null;
    if (literal !== null) return reshaped(literal, shape);
    const value = held.get(id) ?? source(id);
    if (value !== undefined) {
      sums.settle(value);
      return tensorOperand(values, value, shape);
    }
    const view = done.get(id);
    return reshaped(
      view?.() ?? expressionOf(outline, id, compilation.operand),
      shape,
    );
  };
  /** The sum of few planes that ends in a node, if it waits and fits. */
  const shortWaiting = (id: NodeId, fits: (sums: Partials) => boolean) => {
    const value = held.get(root(id));
    const found = value === undefined ? undefined : sums.take(value);
    if (found === undefined) return undefined;
    if (found.count <= SHORT_SUM && fits(found)) {
      return <A>(use: (sums: Partials) => A): A => use(found);
    }
    sums.giveBack(found);
    return undefined;
  };
  const compilation: Compilation = {
    values,
    calls,
    limits,
    outline,
    keeping,
    choose,
    value: place,
    scratch: (shape, dtype, storage) =>
      place(shape, { _tag: "Scratch" }, dtype, storage),
    writer: () => kernelWriter(values),
    call: (call) => void calls.push(call),
    addUp: (partials) => sums.add(partials),
    flush: () => sums.flush(),
    operand: (id) => operandOfRoot(root(id), node(id).shape),
    lastOperand: (id) =>
      shortWaiting(id, ({ target }) => target.stored !== undefined)?.((
        { planes },
      ) => planesSum(values, planes, node(id).shape)) ??
        compilation.operand(id),
    tappedOperand: (id, free) =>
      shortWaiting(
        id,
        ({ target: { last } }) => last !== undefined && last.buffers < free,
      )?.(({ planes, target }) => ({
        operand: tapped(values, planes, target, node(id).shape),
        buffers: 1 + target.last!.buffers,
      })) ?? null,
    isReady,
    leaves,
    isDone: (id) => held.has(id) || done.has(id),
    valueOf: (id) => held.get(id) ?? source(id),
    hold: (id, value) => {
      held.set(id, value);
      return tensorTarget(values, value, node(id).shape);
    },
    finish: (id, view) => void done.set(id, view),
  };
  const sums = waitingSums(compilation);
  return compilation;
}
