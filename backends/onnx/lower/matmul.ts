/** Matrix products as ONNX. */
import type { OpAttributes, Signature } from "../../../core/mod.ts";
import type { Attributes } from "../file/onnx_model.ts";
import {
  int,
  ints,
  type Lowerings,
  type OnnxWriter,
  real,
  type Value,
} from "./onnx_writer.ts";

type Product = OpAttributes["matmul"] & { readonly factor?: number };

const transposition = (
  { transposeA, transposeB }: OpAttributes["matmul"],
): Attributes => ({ transA: int(+transposeA), transB: int(+transposeB) });

/** Matrices with rows and columns exchanged. */
function turned(w: OnnxWriter, x: Value, rank: number): Value {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const perm = [...axes.slice(0, -2), rank - 1, rank - 2];
  return w.call("Transpose", [x], { perm: ints(perm) });
}

/** A product of stacks of matrices in ONNX's own operators. */
function plainProduct(
  w: OnnxWriter,
  { transposeA, transposeB, factor = 1 }: Product,
  [a = "", b = ""]: readonly Value[],
  [left, right]: readonly Signature[],
): Value {
  const product = w.call("MatMul", [
    transposeA ? turned(w, a, left?.shape.length ?? 2) : a,
    transposeB ? turned(w, b, right?.shape.length ?? 2) : b,
  ]);
  return factor === 1 ? product : w.call("Mul", [product, w.scalar(factor)]);
}

/**
 * A product of stacks of matrices. The fused operator transposes and scales on the
 * way, where the engine has it.
 */
export function stackedProduct(
  w: OnnxWriter,
  product: Product,
  inputs: readonly Value[],
  signatures: readonly Signature[],
): Value {
  const { transposeA, transposeB, factor = 1 } = product;
  const isBare = !transposeA && !transposeB && factor === 1;
  return isBare || w.dialect === "plain"
    ? plainProduct(w, product, inputs, signatures)
    : w.callContrib("FusedMatMul", inputs, {
      ...transposition(product),
      ...(factor === 1 ? {} : { alpha: real(factor) }),
    });
}

/** Lowerings of matrix products: `Gemm` for matrices, others for stacks of them. */
export const matmulLowerings: Lowerings<
  "matmul" | "gemm" | "scaledMatmul" | "int8Gemm"
> = {
  matmul: (w, { attributes, shape }, inputs, signatures) =>
    shape.length === 2
      ? w.call("Gemm", inputs, transposition(attributes))
      : stackedProduct(w, attributes, inputs, signatures),
  gemm: (w, { attributes }, inputs) =>
    w.call("Gemm", inputs, transposition(attributes)),
  int8Gemm: (w, { attributes: { weight } }, [a = "", c]) => {
    const { rows, columns, values, zero, scales } = weight;
    const operands = [
      a,
      w.bytes(values, [rows, columns]),
      w.floats([...scales], [columns]),
      // Zero stands for an omitted zero point.
      zero === 0 ? "" : w.bytes(Uint8Array.of(zero), []),
      ...c === undefined ? [] : [c],
    ];
    return w.callContrib("DynamicQuantizeMatMul", operands, {});
  },
  scaledMatmul: (w, { attributes, shape }, inputs, signatures) =>
    shape.length === 2
      ? w.call("Gemm", inputs, {
        ...transposition(attributes),
        alpha: real(attributes.factor),
      })
      : stackedProduct(w, attributes, inputs, signatures),
};
