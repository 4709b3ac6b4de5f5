/**
 * Element-wise ops as ONNX.
 *
 * @module
 */
import { LEAST_NORMAL } from "../../../core/mod.ts";
import type { Lowering, Lowerings } from "./lowering.ts";

type ElementwiseOp =
  | "add"
  | "subtract"
  | "multiply"
  | "scale"
  | "square"
  | "rsqrt"
  | "mix"
  | "flush";

/** An operator that broadcasts as the core does. */
const broadcast = (
  op: string,
): Lowering<"add" | "subtract" | "multiply"> =>
(w, _, inputs) => w.call(op, inputs);

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
      w.call("LessOrEqual", [
        w.call("Abs", [x]),
        w.scalar(LEAST_NORMAL),
      ]),
      w.scalar(0),
      x,
    ]),
};
