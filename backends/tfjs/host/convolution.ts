/**
 * Host kernels of convolution and its gradients: matrix products with unfolded images,
 * one image at a time.
 */
import {
  type ConvolutionExtents,
  convolutionExtents,
  type ConvolutionOp,
  type NodeOf,
  type Shape,
  sizeOf,
} from "../../../core/mod.ts";
import type { Numbers } from "../device.ts";
import type { Fill, HostKernels } from "./host_kernel.ts";
import { multiplyStraight, transposeMatrices } from "./matmul.ts";

/**
 * Extents of a node of convolution.
 *
 * @throws If they do not fit, which a graph that was traced has none of.
 */
export function extentsOf(
  node: NodeOf<ConvolutionOp>,
  [a = [], b = []]: readonly Shape[],
): ConvolutionExtents {
  const { attributes, shape } = node;
  const [images, kernels] = node.op === "conv2d"
    ? [a, b]
    : node.op === "conv2dInputGrad"
    ? [shape, b]
    : [b, shape];
  const extents = convolutionExtents(attributes, images, kernels);
  if (extents === null) throw new RangeError(`${node.op} of what does not fit`);
  return extents;
}

/** Extents of the matrices of one image: kernels `[m, k]`, unfolded image `[k, n]`, result `[m, n]`. */
export interface SampleProduct {
  /** Channels of the result. */
  readonly m: number;
  /** Numbers of a kernel: what one position of it meets. */
  readonly k: number;
  /** Positions of the kernel. */
  readonly n: number;
  /** Numbers of an image. */
  readonly image: number;
}

/** Matrices of one image. */
export function sampleProduct(
  { inputs, outputs, image, kernel, result }: ConvolutionExtents,
): SampleProduct {
  return {
    m: outputs,
    k: inputs * sizeOf(kernel),
    n: sizeOf(result),
    image: inputs * sizeOf(image),
  };
}

/** Positions of the kernel `from … to − 1` at which one of its entries meets no border. */
function inside(
  tap: number,
  size: number,
  positions: number,
  { stride, padding }: ConvolutionExtents,
): readonly [from: number, to: number] {
  const from = Math.max(0, Math.ceil((padding - tap) / stride));
  const last = Math.floor((size - 1 + padding - tap) / stride);
  return [from, Math.max(from, Math.min(positions, last + 1))];
}

/** Rows of pixels that rows of an unfolded image are: `visit(row in it, row of the image, tap's column)`. */
function eachRow(
  extents: ConvolutionExtents,
  visit: (unfolded: number, image: number, column: number) => void,
): void {
  const { inputs, image: [H, W], kernel: [h, w], result: [P, Q] } = extents;
  for (let c = 0; c < inputs; c++) {
    for (let i = 0; i < h; i++) {
      const [from, to] = inside(i, H, P, extents);
      for (let j = 0; j < w; j++) {
        const start = ((c * h + i) * w + j) * P * Q;
        for (let p = from; p < to; p++) {
          const row = p * extents.stride + i - extents.padding;
          visit(start + p * Q, (c * H + row) * W, j);
        }
      }
    }
  }
}

/**
 * Lays out what each position of the kernel meets of an image (im2col).
 *
 * @param columns `[k, n]`, overwritten.
 * @param start Offset of the image in them.
 */
export function unfold(
  columns: Numbers,
  x: Numbers,
  start: number,
  extents: ConvolutionExtents,
): void {
  const { stride, padding, image: [, W], result: [, Q] } = extents;
  columns.fill(0);
  eachRow(extents, (unfolded, image, j) => {
    const [from, to] = inside(j, W, Q, extents);
    const base = start + image + j - padding;
    for (let q = from; q < to; q++) {
      columns[unfolded + q] = x[base + q * stride]!;
    }
  });
}

/**
 * Adds up what `unfold` repeats (col2im).
 *
 * @param start Offset of the image in them; it is overwritten.
 * @param columns `[k, n]`.
 */
export function fold(
  x: Numbers,
  start: number,
  columns: Numbers,
  extents: ConvolutionExtents,
): void {
  const { stride, padding, image: [, W], result: [, Q] } = extents;
  x.fill(0, start, start + sampleProduct(extents).image);
  eachRow(extents, (unfolded, image, j) => {
    const [from, to] = inside(j, W, Q, extents);
    const base = start + image + j - padding;
    for (let q = from; q < to; q++) {
      const at = base + q * stride;
      x[at] = x[at]! + columns[unfolded + q]!;
    }
  });
}

/** Host kernels of convolution and its gradients. */
export const convolutionKernels: HostKernels<ConvolutionOp> = {
  conv2d: (node, signatures): Fill => {
    const extents = extentsOf(node, signatures.map(({ shape }) => shape));
    const { m, k, n, image } = sampleProduct(extents);
    const columns = new Float32Array(k * n);
    return (out, [x = out, w = out]) => {
      for (let b = 0; b < extents.batch; b++) {
        unfold(columns, x, b * image, extents);
        multiplyStraight(out, b * m * n, w, 0, columns, { m, k, n });
      }
    };
  },
  conv2dInputGrad: (node, signatures): Fill => {
    const extents = extentsOf(node, signatures.map(({ shape }) => shape));
    const { m, k, n, image } = sampleProduct(extents);
    const [columns, turned] = [k * n, k * m].map((size) =>
      new Float32Array(size)
    ) as [Float32Array, Float32Array];
    return (out, [dy = out, w = out]) => {
      transposeMatrices(turned, w, [m, k]);
      for (let b = 0; b < extents.batch; b++) {
        const result = dy.subarray(b * m * n, (b + 1) * m * n);
        multiplyStraight(columns, 0, turned, 0, result, { m: k, k: m, n });
        fold(out, b * image, columns, extents);
      }
    };
  },
  conv2dWeightGrad: (node, signatures): Fill => {
    const extents = extentsOf(node, signatures.map(({ shape }) => shape));
    const { m, k, n, image } = sampleProduct(extents);
    const [columns, turned, part] = [k * n, k * n, m * k].map((size) =>
      new Float32Array(size)
    ) as [Float32Array, Float32Array, Float32Array];
    return (out, [dy = out, x = out]) => {
      const sums = new Float64Array(m * k);
      for (let b = 0; b < extents.batch; b++) {
        unfold(columns, x, b * image, extents);
        transposeMatrices(turned, columns, [k, n]);
        multiplyStraight(part, 0, dy, b * m * n, turned, { m, k: n, n: k });
        for (let i = 0; i < sums.length; i++) sums[i] = sums[i]! + part[i]!;
      }
      out.set(sums);
    };
  },
};
