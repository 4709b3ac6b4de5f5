/** Targets of several results of one kernel, which may lie side by side in one tensor. */
import type { NodeId, NodeOf, Shape } from "../../../../core/mod.ts";
import type { Sink, Target } from "../../wgsl/operand.ts";
import { sum } from "../../wgsl/position.ts";
import { type Context, targetsOf } from "../context.ts";
import type { Outline } from "../outline.ts";
import { hasFours, indicesIn, reshapedPosition } from "../views.ts";

/** The `concat` that all of some roots go into, and nothing else. */
function joining(
  { node, root, users, outputs }: Outline,
  ids: readonly NodeId[],
): NodeId | null {
  const [join = -1] = users(ids[0]!);
  const here = join < 0 ? null : node(join);
  const isJoin = here?.op === "concat" &&
    here.inputs.length === ids.length &&
    ids.every((id) =>
      users(id).length === 1 && outputs(id).length === 0 &&
      here.inputs.filter((input) => root(input) === id).length === 1
    );
  return isJoin ? join : null;
}

/** The part of a joined target that begins at an index of an axis. */
function partOf(
  whole: Target,
  { shape: to, attributes: { axis } }: NodeOf<"concat">,
  from: Shape,
  start: number,
  shape: Shape,
): Target {
  const vector = whole.vector && hasFours(shape) &&
    (axis < to.length - 1 || start % 4 === 0);
  return {
    shape,
    vector,
    onlyVector: whole.onlyVector ?? false,
    label: whole.label,
    open: (writer) => {
      const sink = whole.open(writer);
      const put =
        (how: "put" | "put4"): Sink["put"] => (block, position, value) => {
          const there = reshapedPosition(block, shape, from, position);
          const indices = indicesIn(block, from, there);
          const at = indices.map((index, i) =>
            i === axis ? sum([index, `${start}`]) : index
          );
          sink[how](block, { at }, value);
        };
      return { put: put("put"), put4: put("put4") };
    },
  };
}

/**
 * Targets of roots that one kernel or several in a row compute. If a `concat` takes them all, they are
 * written where it and what follows it would put them.
 *
 * @param shape Extents of each as the kernels see them.
 * @param own Buffers that a kernel binds besides the targets.
 */
export function joinedTargets(
  context: Context,
  ids: readonly NodeId[],
  shape: Shape,
  own: number,
): readonly Target[] {
  const { compilation, rules } = context;
  const { outline } = compilation;
  const join = joining(outline, ids);
  if (join === null || rules.isBarred(join)) {
    return targetsOf(context, ids.map((id) => ({ id, shape })), own);
  }
  const concat = outline.node(join) as NodeOf<"concat">;
  const [whole] = targetsOf(context, [{ id: join }], own) as [Target];
  ids.forEach((id) => compilation.finish(id));
  const extents = concat.inputs.map((input) =>
    outline.node(input).shape[concat.attributes.axis] ?? 1
  );
  return ids.map((id) => {
    const i = concat.inputs.findIndex((input) => outline.root(input) === id);
    const start = extents.slice(0, i).reduce((a, b) => a + b, 0);
    const from = outline.node(concat.inputs[i]!).shape;
    return partOf(whole, concat, from, start, shape);
  });
}
