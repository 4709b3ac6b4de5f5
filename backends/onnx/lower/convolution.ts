/** Convolution and its gradients as ONNX. */
import {
  type Convolution,
  type ConvolutionOp,
  type Shape,
  sizeOf,
} from "../../../core/mod.ts";
import type { Attributes } from "../file/onnx_model.ts";
import { reshaped, summed } from "./layout.ts";
import {
  int,
  ints,
  type Lowerings,
  type OnnxWriter,
  type Value,
} from "./onnx_writer.ts";
import { stackedProduct } from "./matmul.ts";

/** The two axes of an image. */
const [ROWS, COLUMNS] = [2, 3];

const kernelAttributes = (
  { stride, padding }: Convolution,
  kernel: Shape,
): Attributes => ({
  kernel_shape: ints(kernel),
  strides: ints([stride, stride]),
  pads: ints(Array(4).fill(padding)),
});

/** `[A, B, ...]` to `[B, A, ...]`. */
const swapped = (w: OnnxWriter, x: Value): Value =>
  w.call("Transpose", [x], { perm: ints([1, 0, ROWS, COLUMNS]) });

/** Kernels `[O, C, h, w]` turned by 180°. */
function turned(w: OnnxWriter, kernels: Value): Value {
  const [back, beforeAll] = [[-1, -1], [-(2 ** 31), -(2 ** 31)]];
  return w.call("Slice", [
    kernels,
    w.int64s(back),
    w.int64s(beforeAll),
    w.int64s([ROWS, COLUMNS]),
    w.int64s(back),
  ]);
}

/** Zeros around an image. */
const bordered = (w: OnnxWriter, x: Value, padding: number): Value =>
  padding === 0 ? x : w.call("Pad", [
    x,
    w.int64s(Array(4).fill(padding)),
    "",
    w.int64s([ROWS, COLUMNS]),
  ]);

/** The pixels of bordered images that one entry of a kernel meets. */
function metBy(
  w: OnnxWriter,
  x: Value,
  [row, column]: readonly [number, number],
  [P = 1, Q = 1]: Shape,
  stride: number,
): Value {
  return w.call("Slice", [
    x,
    w.int64s([row, column]),
    w.int64s([row + stride * (P - 1) + 1, column + stride * (Q - 1) + 1]),
    w.int64s([ROWS, COLUMNS]),
    w.int64s([stride, stride]),
  ]);
}

/** Positions in a kernel, row by row. */
const positionsIn = ([rows = 1, columns = 1]: Shape) =>
  Array.from(
    { length: rows * columns },
    (_, k) => [Math.floor(k / columns), k % columns] as const,
  );

/**
 * Lowerings of convolution and its gradients.
 *
 * The gradient of the images is a convolution with turned kernels where the kernel
 * moves pixel by pixel, which the engine computes faster than a transposed one. It has
 * no gradient of the kernels: that is a matrix product for each entry of a kernel.
 */
export const convolutionLowerings: Lowerings<ConvolutionOp> = {
  conv2d: (w, { attributes }, inputs, [, kernels]) =>
    w.call(
      "Conv",
      inputs,
      kernelAttributes(attributes, kernels?.shape.slice(ROWS) ?? []),
    ),
  conv2dInputGrad: (w, { attributes }, [dy = "", x = ""], [y, kernels]) => {
    const { stride, padding, image } = attributes;
    const kernel = kernels?.shape.slice(ROWS) ?? [];
    if (stride === 1 && kernel.every((extent) => extent > padding)) {
      const around = [...kernel, ...kernel].map((n) => n - 1 - padding);
      return w.call("Conv", [dy, swapped(w, turned(w, x))], {
        ...kernelAttributes(attributes, kernel),
        pads: ints(around),
      });
    }
    const rest = image.map((extent, i) => {
      const last = stride * ((y?.shape[i + ROWS] ?? 1) - 1);
      return extent + 2 * padding - (kernel[i] ?? 1) - last;
    });
    return w.call("ConvTranspose", [dy, x], {
      ...kernelAttributes(attributes, kernel),
      output_padding: ints(rest),
    });
  },
  conv2dWeightGrad: (w, node, [dy = "", x = ""], [y]) => {
    const { stride, padding, kernel } = node.attributes;
    const [O = 1, C = 1] = node.shape;
    const [B = 1, , ...result] = y?.shape ?? [];
    const lead = (channels: number): Shape => [B, channels, sizeOf(result)];
    const rows = reshaped(w, dy, lead(O));
    const images = bordered(w, x, padding);
    const parts = positionsIn(kernel).map((position) => {
      const met = metBy(w, images, position, result, stride);
      const product = stackedProduct(
        w,
        { transposeA: false, transposeB: true },
        [rows, reshaped(w, met, lead(C))],
        [lead(O), lead(C)].map((shape) => ({ shape, dtype: "float32" })),
      );
      return reshaped(w, summed(w, product, [B, O, C], [O, C]), [O, C, 1]);
    });
    return reshaped(
      w,
      w.call("Concat", parts, { axis: int(2) }),
      node.shape,
    );
  },
};
