/**
 * ReLU, GELU and softmax with their gradients as ONNX.
 *
 * @module
 */
import type { Lowerings } from "./lowering.ts";
import { int, type OnnxWriter, real, type Value } from "./onnx_writer.ts";

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

/** `LogSoftmax`, which the WebGPU engine does not have: rows are first moved to a top of 0. */
function plainLogSoftmax(w: OnnxWriter, [x = ""]: readonly Value[]): Value {
  const rows = w.int64s([-1]);
  const low = w.call("Sub", [x, w.call("ReduceMax", [x, rows])]);
  const sum = w.call("ReduceSum", [w.call("Exp", [low]), rows]);
  return w.call("Sub", [low, w.call("Log", [sum])]);
}

/** Lowerings of activations and their gradients. */
export const activationLowerings: Lowerings<
  | "relu"
  | "reluGrad"
  | "gelu"
  | "geluGrad"
  | "softmax"
  | "softmaxGrad"
  | "logSoftmax"
> = {
  relu: (w, _, inputs) => w.call("Relu", inputs),
  reluGrad: (w, _, [dy = "", x = ""]) =>
    w.call("Where", [w.call("Greater", [x, w.scalar(0)]), dy, w.scalar(0)]),
  gelu: (w, _, inputs) => w.call("Gelu", inputs),
  geluGrad: (w, _, [dy = "", x = ""]) => {
    const bend = w.call("Mul", [x, normalPdf(w, x)]);
    return w.call("Mul", [dy, w.call("Add", [normalCdf(w, x), bend])]);
  },
  softmax: (w, _, inputs) => w.call("Softmax", inputs, { axis: int(-1) }),
  logSoftmax: (w, _, inputs) =>
    w.dialect === "plain"
      ? plainLogSoftmax(w, inputs)
      : w.call("LogSoftmax", inputs, { axis: int(-1) }),
  softmaxGrad: (w, _, [dy = "", y = ""]) => {
    const parts = w.call("Mul", [dy, y]);
    const mean = w.call("ReduceSum", [parts, w.int64s([-1])]);
    return w.call("Sub", [parts, w.call("Mul", [y, mean])]);
  },
};
