/** Layer normalisation with its gradients, unit length and clipping as ONNX. */
import { CLIP_EPSILON, type Signature } from "../../../core/mod.ts";
import type { Attributes } from "../file/onnx_model.ts";
import { summed } from "./layout.ts";
import {
  int,
  type Lowerings,
  type OnnxWriter,
  real,
  type Value,
} from "./onnx_writer.ts";

/** Rows brought to mean 0 and variance 1. */
interface Standardized {
  /** The rows. */
  readonly xhat: Value;
  /** `1/√(variance + ε)` of each row, `[..., 1]`. */
  readonly rstd: Value;
}

const widthOf = (signature: Signature | undefined): number =>
  signature?.shape.at(-1) ?? 1;

function meanOfRows(w: OnnxWriter, x: Value): Value {
  return w.call("ReduceMean", [x, w.int64s([-1])]);
}

/** Rows brought to mean 0. */
function centred(w: OnnxWriter, x: Value): Value {
  return w.call("Sub", [x, meanOfRows(w, x)]);
}

const attributes = (epsilon: number): Attributes => ({
  axis: int(-1),
  epsilon: real(epsilon),
});

/**
 * Normalisation of rows, for which they are centred first: the engine takes the
 * variance for `mean(x²) − mean(x)²`, which loses all digits where the mean is large.
 * Equal calls are written once, so both gradients of a layer share them.
 */
function standardized(
  w: OnnxWriter,
  x: Value,
  width: number,
  epsilon: number,
): Standardized {
  const ones = w.floats(Array(width).fill(1), [width]);
  const [xhat = "", , rstd = ""] = w.callMany(
    "LayerNormalization",
    [centred(w, x), ones],
    attributes(epsilon),
    3,
  );
  return { xhat, rstd };
}

/** Lowerings of normalisations and their gradients. */
export const normalizationLowerings: Lowerings<
  | "layerNorm"
  | "layerNormGrad"
  | "layerNormScaleGrad"
  | "l2Normalize"
  | "clipFactor"
> = {
  layerNorm: (w, node, [x = "", gain = "", bias = ""]) =>
    w.call(
      "LayerNormalization",
      [centred(w, x), gain, bias],
      attributes(node.attributes.epsilon),
    ),
  layerNormGrad: (w, node, [dy = "", x = "", gain = ""]) => {
    const { epsilon } = node.attributes;
    const { xhat, rstd } = standardized(w, x, widthOf(node), epsilon);
    const across = centred(w, w.call("Mul", [dy, gain]));
    const slope = meanOfRows(w, w.call("Mul", [across, xhat]));
    const along = w.call("Mul", [xhat, slope]);
    return w.call("Mul", [w.call("Sub", [across, along]), rstd]);
  },
  layerNormScaleGrad: (w, node, [dy = "", x = ""], [rows]) => {
    const { xhat } = standardized(
      w,
      x,
      widthOf(rows),
      node.attributes.epsilon,
    );
    const products = w.call("Mul", [dy, xhat]);
    return summed(w, products, rows?.shape ?? [], node.shape);
  },
  l2Normalize: (w, _, [x = ""]) => {
    const length = w.call("ReduceL2", [x, w.int64s([-1])]);
    return w.call("Div", [x, w.call("Max", [length, w.scalar(1e-12)])]);
  },
  clipFactor: (w, { attributes: { maxNorm } }, [squares = ""]) => {
    const roots = w.call("Sqrt", [squares]);
    // Of the largest and the rest: the sum of all squares may leave float32.
    const top = w.call("Max", [
      w.call("ReduceMax", [roots], { keepdims: int(0) }),
      w.scalar(1),
    ]);
    const parts = w.call("Div", [roots, top]);
    const sum = w.call("ReduceSum", [w.call("Mul", [parts, parts])], {
      keepdims: int(0),
    });
    const length = w.call("Mul", [top, w.call("Sqrt", [sum])]);
    const factor = w.call("Div", [
      w.scalar(maxNorm),
      w.call("Add", [length, w.scalar(CLIP_EPSILON)]),
    ]);
    return w.call("Min", [factor, w.scalar(1)]);
  },
};
