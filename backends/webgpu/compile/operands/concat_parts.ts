/** Parts of a tensor that others are laid side by side into. */
import type { NodeOf, Shape } from "../../../../core/mod.ts";
import type { Sink, Target } from "../../wgsl/operand.ts";
import { sum } from "../../wgsl/position.ts";
import { startsOf } from "../../wgsl/starts.ts";
import type { Outline } from "../outline.ts";
import { hasFours, indicesIn, reshapedPosition } from "./views.ts";

/**
 * The target of each input of a `concat`.
 *
 * @param whole Target of its result.
 * @param seen Extents of an input as its kernel sees them; by default its own.
 */
export function concatParts(
  { node }: Outline,
  concat: NodeOf<"concat">,
  whole: Target,
  seen?: Shape,
): readonly Target[] {
  const { axis } = concat.attributes;
  const shapes = concat.inputs.map((input) => node(input).shape);
  const starts = startsOf(shapes.map((from) => from[axis] ?? 1));
  return shapes.map((from, i) =>
    partAt(whole, axis, starts[i]!, from, seen ?? from)
  );
}

/** The part of a target that begins at an index of an axis. */
function partAt(
  whole: Target,
  axis: number,
  start: number,
  from: Shape,
  shape: Shape,
): Target {
  const isAligned = axis < whole.shape.length - 1 || start % 4 === 0;
  return {
    shape,
    vector: whole.vector && hasFours(shape) && isAligned,
    onlyVector: whole.onlyVector ?? false,
    label: whole.label,
    open: (writer) => {
      const sink = whole.open(writer);
      const put =
        (how: "put" | "put4"): Sink["put"] => (block, position, value) => {
          const there = reshapedPosition(block, shape, from, position);
          const at = indicesIn(block, from, there).map((index, i) =>
            i === axis ? sum([index, `${start}`]) : index
          );
          sink[how](block, { at }, value);
        };
      return { put: put("put"), put4: put("put4") };
    },
  };
}
