/** The gradients of one layer normalisation, which one kernel computes together. */
import { type NodeId, sizeOf } from "../../../../core/mod.ts";
import { layerNormGradKernels } from "../../kernels/layer_norm_grad.ts";
import { limitLeaves, type Pattern, targetsOf } from "../context.ts";
import type { Outline } from "../outline.ts";

/** True if a node sums all rows of its input into one. */
export function isColumnSum(
  { node }: Outline,
  id: NodeId,
  width: number,
): boolean {
  const here = node(id);
  if (here.op !== "sumTo") return false;
  const from = node(here.inputs[0]!).shape;
  const rows = sizeOf(from) / width;
  return from.at(-1) === width && sizeOf(here.shape) === width &&
    here.shape.at(-1) === width && rows > 1;
}

/** The patterns of all gradients of layer normalisations. */
export function layerNormPatterns(outline: Outline): readonly Pattern[] {
  const { graph: { nodes }, node, root, users, outputs } = outline;
  return nodes.flatMap((scale, gain): readonly Pattern[] => {
    if (scale.op !== "layerNormScaleGrad") return [];
    const [dy = 0, x = 0] = scale.inputs;
    const width = scale.shape.at(-1) ?? 1;
    const { epsilon } = scale.attributes;
    const others = users(root(dy));
    const dx = others.find((id) => {
      const here = node(id);
      return here.op === "layerNormGrad" &&
        root(here.inputs[0]!) === root(dy) &&
        root(here.inputs[1]!) === root(x) &&
        here.attributes.epsilon === epsilon &&
        node(here.inputs[0]!).shape.at(-1) === width;
    });
    const bias = others.find((id) => isColumnSum(outline, id, width));
    const covers = [dx, gain, bias].filter((id) => id !== undefined);
    if (covers.length < 2) return [];
    const isLast = others.every((id) => covers.includes(id)) &&
      outputs(root(dy)).length === 0;
    const [, , gains] = dx === undefined ? [] : node(dx).inputs;
    const read = [dy, x, ...gains === undefined ? [] : [gains]];
    const trigger = Math.min(...covers);
    if (read.some((id) => id > trigger)) return [];
    return [{
      trigger,
      covers,
      emit: (context) => {
        const { compilation } = context;
        const { buffers } = compilation.limits;
        limitLeaves(context, read, buffers - covers.length);
        const inputs = {
          dy: isLast ? compilation.lastOperand(dy) : compilation.operand(dy),
          x: compilation.operand(x),
          ...gains === undefined ? {} : { gain: compilation.operand(gains) },
        };
        const targets = targetsOf(
          context,
          covers.map((id) => ({ id })),
          compilation.leaves(read).size,
        );
        const target = (id: NodeId | undefined, name: "dx" | "gain" | "bias") =>
          id === undefined ? {} : { [name]: targets[covers.indexOf(id)]! };
        layerNormGradKernels(compilation, epsilon, inputs, {
          ...target(dx, "dx"),
          ...target(gain, "gain"),
          ...target(bias, "bias"),
        });
      },
    }];
  });
}
