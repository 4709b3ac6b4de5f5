/** Sums of squares of many tensors side by side: the lengths of all gradients. */
import { type NodeId, sizeOf } from "../../../../core/mod.ts";
import { squaresKernels } from "../../kernels/squares.ts";
import { type Context, type Pattern, plainTarget, store } from "../context.ts";
import type { Outline } from "../outline.ts";

/** A sum of squares of a tensor. */
interface SquareSum {
  /** Nodes that nothing else uses: the sum, and the squares unless an optimizer takes them too. */
  readonly covers: readonly NodeId[];
  /** Root of the tensor. */
  readonly tensor: NodeId;
}

function squareSumAt(outline: Outline, id: NodeId): SquareSum | null {
  const { node, inputs, users, outputs } = outline;
  const isAlone = (root: NodeId): boolean =>
    users(root).length === 1 && outputs(root).length === 0;
  const here = node(id);
  if (here.op !== "sumTo" || sizeOf(here.shape) !== 1 || !isAlone(id)) {
    return null;
  }
  const [square = -1] = inputs(id);
  if (node(square).op !== "square") return null;
  const covers = isAlone(square) ? [id, square] : [id];
  return { covers, tensor: inputs(square)[0]! };
}

/** The patterns of all tensors that hold nothing but sums of squares. */
export function squaresPatterns(outline: Outline): readonly Pattern[] {
  const { graph: { nodes }, inputs } = outline;
  return nodes.flatMap((node, id): readonly Pattern[] => {
    if (node.op !== "concat" || node.shape.length !== 1) return [];
    const sums = inputs(id).map((input) => squareSumAt(outline, input));
    const found = sums.filter((sum) => sum !== null);
    if (found.length < sums.length) return [];
    return [{
      trigger: id,
      // Where something else takes the squares, a tensor might end in its kernel.
      demands: found.map(({ tensor }) => tensor),
      covers: [id, ...found.flatMap(({ covers }) => covers)],
      emit: (context) => emit(context, id, found.map(({ tensor }) => tensor)),
    }];
  });
}

function emit(
  context: Context,
  id: NodeId,
  tensors: readonly NodeId[],
): void {
  const { compilation } = context;
  for (const tensor of tensors) {
    if (compilation.valueOf(tensor) === undefined) store(context, tensor);
  }
  compilation.flush();
  squaresKernels(
    compilation,
    tensors.map((tensor) => compilation.valueOf(tensor)!),
    plainTarget(context, id).stored!,
  );
}
