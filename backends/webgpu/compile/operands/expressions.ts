/** Operands that are computed where they are read. */
import type { NodeOf, Shape } from "../../../../core/mod.ts";
import { padRank } from "../../../../core/graph/shape.ts";
import type { Block } from "../../wgsl/block.ts";
import type { Lanes } from "../../wgsl/kernel_writer.ts";
import { readBy } from "../../wgsl/lanes.ts";
import type { Operand, Source } from "../../wgsl/operand.ts";
import { type Position, sum } from "../../wgsl/position.ts";
import { literal } from "../../wgsl/literal.ts";
import { concatenated } from "./concatenated.ts";
import { formulaOf, isMap, type MapNode } from "./formulas.ts";
import type { Outline } from "../outline.ts";
import {
  broadcast,
  byOnes,
  gathered,
  hasFours,
  indicesIn,
  sliced,
  transposed,
  uniform,
} from "./views.ts";

/** The result of a formula; its operands are repeated where the op repeats them. */
function mapped(node: MapNode, operands: readonly Operand[]): Operand {
  const { shape } = node;
  const inputs = operands.map((operand) => broadcast(operand, shape));
  const vector = hasFours(shape) && inputs.every((input) => input.vector);
  return {
    shape,
    vector,
    open: (writer) => {
      const sources = inputs.map((input) => input.open(writer));
      const read = (lanes: Lanes): Source["at"] => (block, position) => {
        const numbers = sources.map((source) =>
          block.let(readBy(source, lanes)(block, position))
        );
        return block.let(formulaOf(writer, node, numbers, lanes));
      };
      return { at: read(1), at4: hasFours(shape) ? read(4) : byOnes(read(1)) };
    },
  };
}

/** Offsets along each axis of the terms of a sum. */
const termsOf = (from: Shape, to: Shape): readonly (readonly number[])[] =>
  from.reduce<readonly (readonly number[])[]>(
    (terms, extent, axis) =>
      terms.flatMap((term) =>
        Array.from(
          { length: to[axis] === extent ? 1 : extent },
          (_, k) => [...term, k],
        )
      ),
    [[]],
  );

/** A sum of few terms, each written out, in the order of memory. */
function shortSum(base: Operand, shape: Shape): Operand {
  const to = padRank(shape, base.shape.length);
  const terms = termsOf(base.shape, to);
  const rank = to.length - shape.length;
  const vector = base.vector && hasFours(shape) &&
    to.at(-1) === base.shape.at(-1);
  return {
    shape,
    vector,
    open: (writer) => {
      const source = base.open(writer);
      const read =
        (from: Source["at"]): Source["at"] =>
        (block: Block, position: Position) => {
          const indices = [
            ...Array<string>(rank).fill("0"),
            ...indicesIn(block, shape, position),
          ];
          const numbers = terms.map((term) => {
            const at = indices.map((index, axis) =>
              sum([index, `${term[axis] ?? 0}`])
            );
            return block.let(from(block, { at }));
          });
          return block.let(numbers.join(" + "));
        };
      const at = read(source.at);
      return { at, at4: vector ? read(source.at4) : byOnes(at) };
    },
  };
}

/** A known tensor as a literal, if all its numbers are equal. */
export function uniformConstant(
  { shape, attributes: { values } }: NodeOf<"constant">,
): Operand | null {
  const [first = 0] = values;
  return Number.isFinite(first) && values.every((value) => value === first)
    ? uniform(shape, literal(first))
    : null;
}

/**
 * The numbers of a node, computed from those of its inputs wherever they are read.
 *
 * @throws If the op is none that treats every number alone.
 */
export function expressionOf(
  { node }: Outline,
  id: number,
  operandOf: (id: number) => Operand,
): Operand {
  const here = node(id);
  const operands = here.inputs.map(operandOf);
  const [x, index] = operands as [Operand, Operand];
  if (isMap(here)) return mapped(here, operands);
  switch (here.op) {
    case "transpose":
      return transposed(x, here.attributes.permutation);
    case "slice": {
      const { axis, start, size } = here.attributes;
      return sliced(x, axis, start, size);
    }
    case "broadcastTo":
      return broadcast(x, here.shape);
    case "pad": {
      const { axis, before, after } = here.attributes;
      return concatenated([before, x, after], here.shape, axis, here.dtype);
    }
    case "concat":
      return concatenated(
        operands,
        here.shape,
        here.attributes.axis,
        here.dtype,
      );
    case "gatherRows":
    case "permuteRows":
      return gathered(x, index, here.shape);
    case "sumTo":
      return shortSum(x, here.shape);
    default:
      throw new Error(`${here.op} is computed by a kernel of its own`);
  }
}
