/** Operands that are other operands, read elsewhere. */
import { type Shape, sizeOf } from "../../../../core/mod.ts";
import { padRank, sameShape } from "../../../../core/graph/shape.ts";
import type { Block } from "../../wgsl/block.ts";
import { four, LANES } from "../../wgsl/lanes.ts";
import type { Operand, Source } from "../../wgsl/operand.ts";
import { flatOf, indicesOf, type Position, sum } from "../../wgsl/position.ts";

/** True if the last axis can be divided into groups of four. */
export const hasFours = (shape: Shape): boolean =>
  (shape.at(-1) ?? 1) % 4 === 0;

const later = (position: Position, lane: number): Position =>
  lane === 0
    ? position
    : "flat" in position
    ? { flat: sum([position.flat, `${lane}`]) }
    : {
      at: position.at.map((index, axis) =>
        axis === position.at.length - 1 ? sum([index, `${lane}`]) : index
      ),
    };

/** `at4` by four calls of `at`. */
export const byOnes =
  (at: Source["at"]): Source["at4"] => (block, position) => {
    const numbers = LANES.map((_, lane) =>
      block.let(at(block, later(position, lane)))
    );
    return four(numbers);
  };

/** Names of the index along each axis. */
export const indicesIn = (
  block: Block,
  shape: Shape,
  position: Position,
): readonly string[] =>
  "at" in position
    ? position.at
    : indicesOf(shape, { flat: block.let(position.flat) })
      .map((index) => block.let(index));

/** Axes from and to which a reshape maps among themselves: extents of both sides have one product. */
interface AxisGroup {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

function axisGroups(from: Shape, to: Shape): readonly AxisGroup[] {
  const groups: AxisGroup[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const group = { from: [] as number[], to: [] as number[] };
    let [a, b] = [1, 1];
    const takeFrom = () => {
      a *= from[i] ?? 1;
      group.from.push(i++);
    };
    const takeTo = () => {
      b *= to[j] ?? 1;
      group.to.push(j++);
    };
    if (i < from.length) takeFrom();
    if (j < to.length) takeTo();
    while (a !== b) {
      if (a < b) takeFrom();
      else takeTo();
    }
    groups.push(group);
  }
  return groups;
}

/** The position of a number in the same numbers with other extents. */
export function reshapedPosition(
  block: Block,
  from: Shape,
  to: Shape,
  position: Position,
): Position {
  if ("flat" in position || sameShape(from, to)) return position;
  const at: string[] = to.map(() => "0");
  for (const group of axisGroups(from, to)) {
    const extents = group.from.map((axis) => from[axis] ?? 1);
    const indices = group.from.map((axis) => position.at[axis] ?? "0");
    const long = group.from.filter((axis) => from[axis] !== 1);
    const wide = group.to.filter((axis) => to[axis] !== 1);
    if (long.length === 1 && wide.length === 1) {
      at[wide[0]!] = position.at[long[0]!] ?? "0";
      continue;
    }
    const flat = flatOf(extents, { at: indices });
    const named = wide.length > 1 ? block.let(flat) : flat;
    indicesOf(group.to.map((axis) => to[axis] ?? 1), { flat: named })
      .forEach((index, k) => at[group.to[k]!] = index);
  }
  return { at };
}

/** The same numbers with other extents. */
export function reshaped(base: Operand, shape: Shape): Operand {
  if (sameShape(base.shape, shape)) return base;
  const vector = base.vector && hasFours(shape);
  return {
    shape,
    vector,
    open: (writer) => {
      const source = base.open(writer);
      const there = (block: Block, position: Position) =>
        reshapedPosition(block, shape, base.shape, position);
      const at: Source["at"] = (block, position) =>
        source.at(block, there(block, position));
      return {
        at,
        at4: vector
          ? (block, position) => source.at4(block, there(block, position))
          : byOnes(at),
      };
    },
  };
}

/** An operand whose indices are computed from those of the view. */
function moved(
  base: Operand,
  shape: Shape,
  vector: boolean,
  there: (block: Block, indices: readonly string[]) => readonly string[],
): Operand {
  return {
    shape,
    vector,
    open: (writer) => {
      const source = base.open(writer);
      const place = (block: Block, position: Position): Position => ({
        at: there(block, indicesIn(block, shape, position)),
      });
      const at: Source["at"] = (block, position) =>
        source.at(block, place(block, position));
      return {
        at,
        at4: vector
          ? (block, position) => source.at4(block, place(block, position))
          : byOnes(at),
      };
    },
  };
}

/** As the op `transpose`. */
export function transposed(
  base: Operand,
  permutation: readonly number[],
): Operand {
  const shape = permutation.map((axis) => base.shape[axis] ?? 1);
  const last = permutation.length - 1;
  return moved(
    base,
    shape,
    base.vector && permutation[last] === last,
    (_, indices) =>
      base.shape.map((__, axis) => indices[permutation.indexOf(axis)] ?? "0"),
  );
}

/** As the op `slice`. */
export function sliced(
  base: Operand,
  axis: number,
  start: number,
  size: number,
): Operand {
  const shape = base.shape.map((extent, i) => i === axis ? size : extent);
  const isAligned = axis < shape.length - 1 || start % 4 === 0;
  return moved(
    base,
    shape,
    base.vector && isAligned && hasFours(shape),
    (_, indices) =>
      indices.map((index, i) => i === axis ? sum([index, `${start}`]) : index),
  );
}

/** As the op `broadcastTo`; numbers that are repeated along the last axis are read once for four. */
export function broadcast(base: Operand, shape: Shape): Operand {
  if (sameShape(base.shape, shape)) return base;
  const from = padRank(base.shape, shape.length);
  const rank = shape.length - base.shape.length;
  const isRepeated = (from.at(-1) ?? 1) === 1;
  const isScalar = sizeOf(from) === 1;
  return {
    shape,
    vector: hasFours(shape) && (isRepeated || base.vector),
    open: (writer) => {
      const source = base.open(writer);
      const there = (block: Block, position: Position): Position => ({
        at: isScalar
          ? base.shape.map(() => "0")
          : indicesIn(block, shape, position).slice(rank)
            .map((index, axis) => base.shape[axis] === 1 ? "0" : index),
      });
      const at: Source["at"] = (block, position) =>
        source.at(block, there(block, position));
      return {
        at,
        at4: isRepeated
          ? (block, position) => `vec4<f32>(${block.let(at(block, position))})`
          : base.vector
          ? (block, position) => source.at4(block, there(block, position))
          : byOnes(at),
      };
    },
  };
}

/** As the op `gatherRows`: an index outside of the rows reads the nearest. */
export function gathered(
  base: Operand,
  index: Operand,
  shape: Shape,
): Operand {
  const rows = base.shape[1] ?? 1;
  return {
    shape,
    vector: base.vector && shape.length > 2,
    open: (writer) => {
      const [source, indices] = [base.open(writer), index.open(writer)];
      const there = (block: Block, position: Position): Position => {
        const [sample = "0", row = "0", ...rest] = indicesIn(
          block,
          shape,
          position,
        );
        const picked = indices.at(block, { at: [sample, row] });
        const inside = block.let(`clamp(${picked}, 0, ${rows - 1})`);
        return { at: [sample, inside, ...rest] };
      };
      const at: Source["at"] = (block, position) =>
        source.at(block, there(block, position));
      return {
        at,
        at4: base.vector && shape.length > 2
          ? (block, position) => source.at4(block, there(block, position))
          : byOnes(at),
      };
    },
  };
}

/** One number everywhere. */
export function uniform(shape: Shape, literal: string): Operand {
  return {
    shape,
    vector: hasFours(shape),
    open: () => ({
      at: () => literal,
      at4: () => `vec4<f32>(${literal})`,
    }),
  };
}
