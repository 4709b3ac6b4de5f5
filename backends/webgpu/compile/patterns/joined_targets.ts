/** Targets of several results of one kernel, which may lie side by side in one tensor. */
import type { NodeId, NodeOf, Shape } from "../../../../core/mod.ts";
import type { Target } from "../../wgsl/operand.ts";
import { concatParts } from "../operands/concat_parts.ts";
import { type Context, targetsOf } from "../context.ts";
import type { Outline } from "../outline.ts";

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
  const parts = concatParts(outline, concat, whole, shape);
  return ids.map((id) =>
    parts[concat.inputs.findIndex((input) => outline.root(input) === id)]!
  );
}
