/** Element-wise ops, activations and the step of AdamW as ONNX. */
import {
  type ActivationOp,
  type ElementwiseOp,
  LEAST_NORMAL,
} from "../../../core/mod.ts";
import {
  int,
  type Lowering,
  type Lowerings,
  type OnnxWriter,
  real,
  type Value,
} from "./onnx_writer.ts";

/** An operator that broadcasts as the core does. */
const broadcast = (
  op: string,
): Lowering<"add" | "subtract" | "multiply"> =>
(w, _, inputs) => w.call(op, inputs);

/**
 * Lowering of AdamW. With `c = √correction2` the step
 * `rate · (m/correction1) / (√(v/correction2) + ε)` is
 * `(rate·c/correction1) · m / (√v + ε·c)`: fewer passes over whole tensors. What is
 * computed from scalars alone is written once for all tensors of one rate.
 */
const adamwUpdate: Lowering<"adamwUpdate"> = (
  w,
  { attributes: { weightDecay, epsilon } },
  inputs,
) => {
  const [p = "", m = "", v = "", rate = "", c1 = "", c2 = ""] = inputs;
  const root = w.call("Sqrt", [c2]);
  const size = w.call("Div", [w.call("Mul", [rate, root]), c1]);
  const floor = w.call("Mul", [root, w.scalar(epsilon)]);
  const spread = w.call("Add", [w.call("Sqrt", [v]), floor]);
  const step = w.call("Mul", [w.call("Div", [m, spread]), size]);
  if (weightDecay === 0) return w.call("Sub", [p, step]);
  const lost = w.call("Mul", [rate, w.scalar(weightDecay)]);
  const kept = w.call("Sub", [w.scalar(1), lost]);
  return w.call("Sub", [w.call("Mul", [p, kept]), step]);
};

/** Lowerings of element-wise ops. */
export const elementwiseLowerings: Lowerings<ElementwiseOp> = {
  add: broadcast("Add"),
  subtract: broadcast("Sub"),
  multiply: broadcast("Mul"),
  scale: (w, { attributes: { factor } }, [x = ""]) =>
    factor === -1 ? w.call("Neg", [x]) : w.call("Mul", [x, w.scalar(factor)]),
  square: (w, _, [x = ""]) => w.call("Mul", [x, x]),
  rsqrt: (w, { attributes: { epsilon } }, [x = ""]) =>
    w.call("Reciprocal", [
      w.call("Sqrt", [w.call("Add", [x, w.scalar(epsilon)])]),
    ]),
  mix: (w, { attributes: { weight } }, [a = "", b = ""]) =>
    w.call("Add", [
      w.call("Mul", [a, w.scalar(weight)]),
      w.call("Mul", [b, w.scalar(1 - weight)]),
    ]),
  flush: (w, _, [x = ""]) =>
    w.call("Where", [
      w.call("LessOrEqual", [w.call("Abs", [x]), w.scalar(LEAST_NORMAL)]),
      w.scalar(0),
      x,
    ]),
  adamwUpdate,
};

/** Standard normal distribution function: `½ + ½·erf(x/√2)`, which stays in `[0, 1]`. */
function normalCdf(w: OnnxWriter, x: Value): Value {
  const erf = w.call("Erf", [w.call("Mul", [x, w.scalar(Math.SQRT1_2)])]);
  // A clipped line; one pass over the numbers instead of two.
  return w.call("HardSigmoid", [erf], { alpha: real(0.5), beta: real(0.5) });
}

/** Standard normal density. */
function normalPdf(w: OnnxWriter, x: Value): Value {
  const scaled = w.call("Mul", [x, w.scalar(-0.5)]);
  const power = w.call("Exp", [w.call("Mul", [scaled, x])]);
  return w.call("Mul", [power, w.scalar(1 / Math.sqrt(2 * Math.PI))]);
}

/** Lowerings of activations and their gradients. */
export const activationLowerings: Lowerings<ActivationOp> = {
  relu: (w, _, inputs) => w.call("Relu", inputs),
  reluGrad: (w, _, [dy = "", x = ""]) =>
    w.call("Where", [w.call("Greater", [x, w.scalar(0)]), dy, w.scalar(0)]),
  gelu: (w, _, inputs) => w.call("Gelu", inputs),
  geluGrad: (w, _, [dy = "", x = ""]) => {
    const bend = w.call("Mul", [x, normalPdf(w, x)]);
    return w.call("Mul", [dy, w.call("Add", [normalCdf(w, x), bend])]);
  },
  softmax: (w, _, inputs) => w.call("Softmax", inputs, { axis: int(-1) }),
  logSoftmax: (w, _, inputs) => w.call("LogSoftmax", inputs, { axis: int(-1) }),
  softmaxGrad: (w, _, [dy = "", y = ""]) => {
    const parts = w.call("Mul", [dy, y]);
    const mean = w.call("ReduceSum", [parts, w.int64s([-1])]);
    return w.call("Sub", [parts, w.call("Mul", [y, mean])]);
  },
};
