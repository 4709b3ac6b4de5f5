/**
 * Matrix products as ONNX.
 *
 * @module
 */
import type { OpAttributes } from "../../../core/mod.ts";
import type { Attributes } from "../proto/model.ts";
import type { Lowerings } from "./lowering.ts";
import { int, real } from "./onnx_writer.ts";

const transposition = (
  { transposeA, transposeB }: OpAttributes["matmul"],
): Attributes => ({ transA: int(+transposeA), transB: int(+transposeB) });

/** Lowerings of matrix products: `Gemm` for matrices, `FusedMatMul` for stacks of them. */
export const matmulLowerings: Lowerings<"matmul" | "gemm" | "scaledMatmul"> = {
  matmul: (w, { attributes, shape }, inputs) =>
    shape.length === 2
      ? w.call("Gemm", inputs, transposition(attributes))
      : attributes.transposeA || attributes.transposeB
      ? w.callContrib("FusedMatMul", inputs, transposition(attributes))
      : w.call("MatMul", inputs),
  gemm: (w, { attributes }, inputs) =>
    w.call("Gemm", inputs, transposition(attributes)),
  scaledMatmul: (w, { attributes, shape }, inputs) => {
    const given = {
      ...transposition(attributes),
      alpha: real(attributes.factor),
    };
    return shape.length === 2
      ? w.call("Gemm", inputs, given)
      : w.callContrib("FusedMatMul", inputs, given);
  },
};
