/**
 * Layer normalisation with its gradients and unit length as ONNX.
 *
 * @module
 */
import type { Signature } from "../../../core/mod.ts";
import { summedRuns } from "./layout.ts";
import type { Lowerings } from "./lowering.ts";
import { int, type OnnxWriter, real, type Value } from "./onnx_writer.ts";

/** Rows brought to mean 0 and variance 1. */
interface Standardized {
  /** The rows. */
  readonly xhat: Value;
  /** `1/√(variance + ε)` of each row, `[..., 1]`. */
  readonly rstd: Value;
}

const widthOf = (signature: Signature | undefined): number =>
  signature?.shape.at(-1) ?? 1;

/** Equal calls are written once: both gradients of a layer share this. */
function standardized(
  w: OnnxWriter,
  x: Value,
  width: number,
  epsilon: number,
): Standardized {
  const ones = w.floats(Array(width).fill(1), [width]);
  const [xhat = "", , rstd = ""] = w.callMany(
    "LayerNormalization",
    [x, ones],
    { axis: int(-1), epsilon: real(epsilon) },
    3,
  );
  return { xhat, rstd };
}

/** Lowerings of normalisations and their gradients. */
export const normalizationLowerings: Lowerings<
  "layerNorm" | "layerNormGrad" | "layerNormScaleGrad" | "l2Normalize"
> = {
  layerNorm: (w, { attributes: { epsilon } }, inputs) =>
    w.call("LayerNormalization", inputs, {
      axis: int(-1),
      epsilon: real(epsilon),
    }),
  layerNormGrad: (w, node, [dy = "", x = "", gain = ""]) => {
    const width = widthOf(node);
    const { xhat, rstd } = standardized(w, x, width, node.attributes.epsilon);
    const mean = w.call("Reshape", [
      w.call("Mul", [gain, w.scalar(1 / width)]),
      w.int64s([width, 1]),
    ]);
    const offset = w.call("MatMul", [dy, mean]);
    const slope = w.call("MatMul", [w.call("Mul", [dy, xhat]), mean]);
    const line = w.call("Add", [w.call("Mul", [xhat, slope]), offset]);
    const centred = w.call("Sub", [w.call("Mul", [dy, gain]), line]);
    return w.call("Mul", [centred, rstd]);
  },
  layerNormScaleGrad: (w, node, [dy = "", x = ""], [rows]) => {
    const { xhat } = standardized(
      w,
      x,
      widthOf(rows),
      node.attributes.epsilon,
    );
    const [axes = []] = summedRuns(rows?.shape ?? [], node.shape);
    return w.call("ReduceSum", [w.call("Mul", [dy, xhat]), w.int64s(axes)], {
      keepdims: int(0),
    });
  },
  l2Normalize: (w, _, [x = ""]) => {
    const length = w.call("ReduceL2", [x, w.int64s([-1])]);
    return w.call("Div", [x, w.call("Max", [length, w.scalar(1e-12)])]);
  },
};
