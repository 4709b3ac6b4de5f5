/** Whole numbers that take the place of inputs: they are only moved, never computed. */
import type { NodeId } from "../../../core/mod.ts";
import type { ValueId } from "../wgsl/command_list.ts";
import { mapKernel } from "../kernels/map.ts";
import { tensorOperand, tensorTarget } from "../wgsl/tensor.ts";
import type { Compilation } from "./compilation.ts";
import type { Update } from "./update_code.ts";

function copy(compilation: Compilation, from: ValueId, to: ValueId): void {
  const { values } = compilation;
  const [source, target] = [
    tensorOperand(values, from),
    tensorTarget(values, to),
  ];
  mapKernel(compilation, source, target, "copy");
}

/**
 * Adds kernels for the updates of whole numbers. All are read before the first is written.
 *
 * @param stored Computes a root by a kernel of its own, and gives its value.
 * @param isGuarded Updates may have no effect, which is not done for whole numbers.
 * @returns The other updates.
 * @throws If there are any under a guard.
 */
export function copyWholeNumbers(
  compilation: Compilation,
  updates: readonly Update[],
  stored: (root: NodeId) => ValueId,
  isGuarded: boolean,
): readonly Update[] {
  const { values } = compilation;
  const isWhole = ({ target }: Update) => values[target]!.storage === "i32";
  const moves = updates.filter(isWhole).map(({ source, target }) => {
    const value = "root" in source ? stored(source.root) : source.value;
    const { shape, dtype, place } = values[value]!;
    if (value === target || place._tag !== "Input") return { value, target };
    const apart = compilation.scratch(shape, dtype);
    copy(compilation, value, apart);
    return { value: apart, target };
  });
  if (isGuarded && moves.length > 0) {
    throw new RangeError("whole numbers are not replaced under a guard");
  }
  for (const { value, target } of moves) {
    if (value !== target) copy(compilation, value, target);
  }
  return updates.filter((update) => !isWhole(update));
}
