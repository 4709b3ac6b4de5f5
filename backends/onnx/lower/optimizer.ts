/**
 * The step of AdamW as ONNX.
 *
 * @module
 */
import type { Lowerings } from "./lowering.ts";

/**
 * Lowering of AdamW. With `c = √correction2` the step
 * `rate · (m/correction1) / (√(v/correction2) + ε)` is
 * `(rate·c/correction1) · m / (√v + ε·c)`: fewer passes over whole tensors. What is
 * computed from scalars alone is written once for all tensors of one rate.
 */
export const optimizerLowerings: Lowerings<"adamwUpdate"> = {
  adamwUpdate: (w, { attributes: { weightDecay, epsilon } }, inputs) => {
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
  },
};
