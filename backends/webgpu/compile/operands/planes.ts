/** Planes of partial sums as operands. */
import { type Shape, sizeOf } from "../../../../core/mod.ts";
import type { Value, ValueId } from "../../wgsl/command_list.ts";
import type { Operand, Sink, Source, Target } from "../../wgsl/operand.ts";
import { flatOf, sum } from "../../wgsl/position.ts";
import { tensorOperand } from "../../wgsl/tensor.ts";
import { byOnes, hasFours } from "./views.ts";

/** Planes of partial sums `[count, …shape]`, added up in their order. */
export function planesSum(
  values: readonly Value[],
  planes: ValueId,
  shape: Shape,
): Operand {
  const size = sizeOf(shape);
  const count = sizeOf(values[planes]!.shape) / size;
  const base = tensorOperand(values, planes, [count, size]);
  const vector = hasFours(shape);
  return {
    shape,
    vector,
    open: (writer) => {
      const source = base.open(writer);
      const read = (from: Source["at"]): Source["at"] => (block, position) => {
        const flat = block.let(flatOf(shape, position));
        const numbers = Array.from({ length: count }, (_, plane) =>
          block.let(
            from(block, { flat: sum([flat, `${plane * size}`]) }),
          ));
        return block.let(numbers.join(" + "));
      };
      const at = read(source.at);
      return { at, at4: vector ? read(source.at4) : byOnes(at) };
    },
  };
}

/**
 * Planes of partial sums, added up, taken through a target and given on: numbers that are
 * stored while they are read. Each must be read once.
 *
 * @param target One with `last`.
 */
export function tapped(
  values: readonly Value[],
  planes: ValueId,
  target: Target,
  shape: Shape,
): Operand {
  const whole = planesSum(values, planes, shape);
  const vector = whole.vector && target.vector;
  return {
    shape,
    vector,
    open: (writer) => {
      const [source, sink] = [whole.open(writer), target.open(writer)];
      const read =
        (from: Source["at"], put: Sink["put"]): Source["at"] =>
        (block, position) => {
          const flat = block.let(flatOf(shape, position));
          const number = block.let(from(block, { flat }));
          return put(block, { flat }, number) as string;
        };
      const at = read(source.at, sink.put);
      return { at, at4: vector ? read(source.at4, sink.put4) : byOnes(at) };
    },
  };
}
