/** The code of updates: the same text for all that differ only in their tensors. */
import { type NodeId, sizeOf } from "../../../core/mod.ts";
import { type Block, block as blockOf, names } from "../wgsl/block.ts";
import type { Value, ValueId } from "../wgsl/command_list.ts";
import type { Compilation } from "./compilation.ts";
import { formulaOf, isMap } from "./operands/formulas.ts";

/** Something to write: a root's number, or that of another value. */
export interface Update {
  /** The number: of a node, computed, or of a value in memory. */
  readonly source: { readonly root: NodeId } | { readonly value: ValueId };
  /** Where it goes. */
  readonly target: ValueId;
}

/** Invocations of a workgroup. */
export const UPDATE_WORKGROUP = 128;

/** Numbers of one tensor that a workgroup computes. */
export const UPDATE_BLOCK = 2_048;

/** The code of a set of updates, and what it reads and writes. */
export interface UpdateCode {
  /** Statements; equal for all sets that differ only in their values. */
  readonly text: string;
  readonly declarations: string;
  readonly values: readonly ValueId[];
  /** Positions in `values` of what is written. */
  readonly written: readonly number[];
  /** Count of numbers, and positions of the scalars. */
  readonly words: readonly number[];
}

/** Scalars that updates read, side by side. */
export interface Scalars {
  readonly ids: ValueId[];
  /** The value that holds them all, once it is made. */
  value: ValueId | null;
}

/** Code under construction: statements for all numbers, and inside of the loop for each. */
interface Frame {
  readonly outer: Block;
  readonly inner: Block;
  readonly words: number[];
  readonly slots: ValueId[];
  readonly count: number;
  /** Number of a value's variable. */
  slot(id: ValueId): number;
  /** Name of a scalar. */
  scalar(id: ValueId): string;
  /** Name of the number of a value at the present place; `null` if it has none there. */
  read(id: ValueId): string | null;
}

function frameOf(
  values: readonly Value[],
  count: number,
  scalars: Scalars,
): Frame {
  const slots: ValueId[] = [];
  const words = [count];
  const outer = blockOf(names());
  const inner = outer.inner();
  const read = new Map<ValueId, string>();
  const slot = (id: ValueId): number => {
    if (!slots.includes(id)) slots.push(id);
    return slots.indexOf(id);
  };
  const scalar = (id: ValueId): string => {
    if (!scalars.ids.includes(id)) scalars.ids.push(id);
    const word = words.push(scalars.ids.indexOf(id)) - 1;
    const at = slot(scalars.value ?? id);
    return outer.let(`t${at}[at${at} + word${word}]`);
  };
  const own = (id: ValueId): string => {
    const at = slot(id);
    return inner.let(`t${at}[at${at} + at]`);
  };
  return {
    ...{ outer, inner, words, slots, count, slot, scalar },
    read: (id) => {
      const { shape, storage } = values[id]!;
      const size = sizeOf(shape);
      const isScalar = shape.length === 0 || (size === 1 && count > 1);
      if (storage !== "f32" || !(isScalar || size === count)) return null;
      const number = read.get(id) ?? (isScalar ? scalar(id) : own(id));
      read.set(id, number);
      return number;
    },
  };
}

/** Names the number of a node at the present place; `null` if it is made of numbers at others. */
function computeIn(
  { outer, inner, count, read }: Frame,
  { outline, valueOf }: Compilation,
  declared: Set<string>,
): (id: NodeId, isTop?: boolean) => string | null {
  const known = new Map<NodeId, string | null>();
  const writer = { declare: (text: string) => void declared.add(text) };
  const made = (id: NodeId): string | null => {
    const node = outline.node(id);
    const size = sizeOf(node.shape);
    if (!isMap(node) || (size !== count && size !== 1)) return null;
    const inputs = outline.inputs(id).map((input) => compute(input));
    const found = inputs.filter((input) => input !== null);
    if (found.length < inputs.length) return null;
    const place = size === count ? inner : outer;
    return place.let(formulaOf(writer, node, found, 1));
  };
  const compute = (id: NodeId, isTop = false): string | null => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const value = isTop ? undefined : valueOf(id);
    const number = value === undefined ? made(id) : read(value);
    known.set(id, number);
    return number;
  };
  return compute;
}

/**
 * Writes the code of a set.
 *
 * @param flag A scalar: nothing is written where it is 0.
 * @returns `null` if a number is computed from others than those at its own place and scalars.
 */
export function updateCode(
  compilation: Compilation,
  updates: readonly Update[],
  scalars: Scalars,
  flag: ValueId | undefined,
): UpdateCode | null {
  const { values } = compilation;
  const sizes = updates.map(({ target }) => sizeOf(values[target]!.shape));
  const [count = 0] = sizes;
  if (sizes.some((size) => size !== count)) return null;
  const frame = frameOf(values, count, scalars);
  const { outer, inner, words, slots, slot } = frame;
  const declared = new Set<string>();
  const compute = computeIn(frame, compilation, declared);
  if (flag !== undefined) {
    outer.add(`if (${frame.scalar(flag)} == 0.0) { return; }`);
  }
  const numbers = updates.map(({ source }) =>
    "root" in source ? compute(source.root, true) : frame.read(source.value)
  );
  if (numbers.includes(null)) return null;
  const written = updates.map(({ target }, i) => {
    const at = slot(target);
    inner.add(`t${at}[at${at} + at] = ${numbers[i]};`);
    return at;
  });
  outer.add(
    `for (var turn = 0; turn < ${UPDATE_BLOCK / UPDATE_WORKGROUP}; turn++) {
let at = block * ${UPDATE_BLOCK} + turn * ${UPDATE_WORKGROUP} + local;
if (at < word0) {
${inner.text()}
}
}`,
  );
  return {
    text: outer.text(),
    declarations: [...declared].join("\n"),
    ...{ values: slots, written, words },
  };
}
