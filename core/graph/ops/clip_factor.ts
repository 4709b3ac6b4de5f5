/** Factor that brings gradients back to a length, from their sums of squares. */
import { left, right } from "../../result.ts";
import { free, noGradient, type OpDefinition } from "../op_definition.ts";

/** Added to the length, as PyTorch does: a length of 0 needs no case of its own. */
export const CLIP_EPSILON = 1e-6;

/** Clipping by the length of all gradients together. */
export const clipFactor: OpDefinition<"clipFactor"> = {
  infer: (_, inputs) => {
    const [squares] = inputs;
    return inputs.length === 1 && squares?.dtype === "float32" &&
        squares.shape.length === 1
      ? right({ shape: [], dtype: "float32" })
      : left("one float32 tensor [n]");
  },
  evaluate: ({ attributes: { maxNorm } }, [squares = new Float64Array()]) => {
    const norm = Math.sqrt(squares.reduce((sum, x) => sum + x, 0));
    return Float64Array.of(Math.min(1, maxNorm / (norm + CLIP_EPSILON)));
  },
  vjp: noGradient,
  flops: free,
};
