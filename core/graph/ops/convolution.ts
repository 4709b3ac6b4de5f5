/**
 * Two-dimensional convolution (the field's word for cross-correlation) and its two
 * gradients.
 *
 * The three are one trilinear form `Σ dy·x·w`, each with another factor left open. So
 * each one's gradients are the others, to any order.
 */
import {
  type ConvolutionExtents,
  convolutionExtents,
  imageShape,
  kernelShape,
  resultShape,
} from "../convolution_extents.ts";
import { left, type Result, right } from "../../result.ts";
import {
  type ConvolutionOp,
  type NodeOf,
  type OpAttributes,
  type Shape,
  type Signature,
  sizeOf,
} from "../node.ts";
import type { OpDefinition, OpDefinitions, Values } from "../op_definition.ts";
import { sameShape } from "../shape.ts";

/** Positions along an axis that meet: `image = result·stride + tap − padding`. */
interface Meeting {
  readonly result: number;
  readonly image: number;
  readonly tap: number;
}

/** Everything that meets along an axis; the border of zeros is skipped. */
function meetings(extents: ConvolutionExtents, axis: 0 | 1): Meeting[] {
  const { stride, padding } = extents;
  const [results, size, taps] = [
    extents.result[axis],
    extents.image[axis],
    extents.kernel[axis],
  ];
  return Array.from({ length: results * taps }, (_, k) => {
    const [result, tap] = [Math.floor(k / taps), k % taps];
    return { result, tap, image: result * stride + tap - padding };
  }).filter(({ image }) => image >= 0 && image < size);
}

/** Visits every product of the form: where its factors lie in `dy`, `x` and `w`. */
function eachProduct(
  extents: ConvolutionExtents,
  visit: (dy: number, x: number, w: number) => void,
): void {
  const { batch, inputs: C, outputs: O, image, kernel, result } = extents;
  const [rows, columns] = [meetings(extents, 0), meetings(extents, 1)];
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < O; o++) {
      for (let c = 0; c < C; c++) {
        const planes = [b * O + o, b * C + c, o * C + c] as const;
        for (const row of rows) {
          const y = (planes[0] * result[0] + row.result) * result[1];
          const x = (planes[1] * image[0] + row.image) * image[1];
          const w = (planes[2] * kernel[0] + row.tap) * kernel[1];
          for (const column of columns) {
            visit(y + column.result, x + column.image, w + column.tap);
          }
        }
      }
    }
  }
}

/** Differences between the three ops. */
interface Form<Name extends ConvolutionOp> {
  /** Wanted inputs, in words. */
  readonly wanted: (attributes: OpAttributes[Name]) => string;
  /** Extents, from the shapes of its inputs; `null` if they do not fit. */
  readonly extents: (
    attributes: OpAttributes[Name],
    a: Shape,
    b: Shape,
  ) => ConvolutionExtents | null;
  /** Shapes of first input, second input and result. */
  readonly shapes: (
    extents: ConvolutionExtents,
  ) => readonly [Shape, Shape, Shape];
  /** Adds one product to the result. */
  readonly add: (
    out: Values,
    a: Values,
    b: Values,
  ) => (dy: number, x: number, w: number) => void;
}

/** Extents of a node whose inputs fit. */
const extentsOf = <Name extends ConvolutionOp>(
  form: Form<Name>,
  attributes: OpAttributes[Name],
  [a, b]: readonly Signature[],
): ConvolutionExtents | null =>
  form.extents(attributes, a?.shape ?? [], b?.shape ?? []);

function inferForm<Name extends ConvolutionOp>(
  form: Form<Name>,
  attributes: OpAttributes[Name],
  inputs: readonly Signature[],
): Result<string, Signature> {
  const extents = extentsOf(form, attributes, inputs);
  const shapes = extents === null ? null : form.shapes(extents);
  const fits = shapes !== null && inputs.length === 2 &&
    inputs.every(({ dtype, shape }, i) =>
      dtype === "float32" && sameShape(shape, shapes[i] ?? [])
    );
  return fits
    ? right({ shape: shapes[2], dtype: "float32" })
    : left(form.wanted(attributes));
}

/** Everything of an op but its gradients. */
const ofForm = <Name extends ConvolutionOp>(
  form: Form<Name>,
): Omit<OpDefinition<Name>, "vjp"> => ({
  infer: (attributes, inputs) => inferForm(form, attributes, inputs),
  evaluate: (
    node: NodeOf<Name>,
    [a = new Float64Array(), b = new Float64Array()],
    signatures,
  ) => {
    const out = new Float64Array(sizeOf(node.shape));
    const extents = extentsOf(form, node.attributes, signatures);
    if (extents !== null) eachProduct(extents, form.add(out, a, b));
    return out;
  },
  flops: (node: NodeOf<Name>, signatures) => {
    const extents = extentsOf(form, node.attributes, signatures);
    return extents === null ? 0 : convolutionFlops(extents);
  },
});

/** `2·B·O·C·h·w` for each position of the kernel; those of the border count as well. */
const convolutionFlops = (extents: ConvolutionExtents): number =>
  2 * extents.inputs * sizeOf(extents.kernel) * sizeOf(resultShape(extents));

/** Adds to a number of a tensor. */
const increase = (out: Values, position: number, by: number): void => {
  out[position] = (out[position] ?? NaN) + by;
};

const product = (a: Values, i: number, b: Values, j: number): number =>
  (a[i] ?? NaN) * (b[j] ?? NaN);

const conv2d: OpDefinition<"conv2d"> = {
  ...ofForm<"conv2d">({
    wanted: () =>
      "float32 [B, C, H, W] and float32 [O, C, h, w] that fits into it",
    extents: convolutionExtents,
    shapes: (e) => [imageShape(e), kernelShape(e), resultShape(e)],
    add: (out, x, w) => (at, i, j) => increase(out, at, product(x, i, w, j)),
  }),
  vjp: (
    g,
    { attributes: { stride, padding }, inputs: [x = -1, w = -1] },
    dy,
  ) => {
    const [, , ...image] = g.shape(x);
    const [, , ...kernel] = g.shape(w);
    return [
      () => g.apply("conv2dInputGrad", { stride, padding, image }, [dy, w]),
      () => g.apply("conv2dWeightGrad", { stride, padding, kernel }, [dy, x]),
    ];
  },
};

const conv2dInputGrad: OpDefinition<"conv2dInputGrad"> = {
  ...ofForm<"conv2dInputGrad">({
    wanted: ({ image }) =>
      `float32 [O, C, h, w] and what it makes of float32 [B, C, ${image}] before it`,
    extents: ({ image, ...convolution }, [batch = 0], w) =>
      convolutionExtents(convolution, [batch, w[1] ?? 0, ...image], w),
    shapes: (e) => [resultShape(e), kernelShape(e), imageShape(e)],
    add: (out, dy, w) => (i, at, j) => increase(out, at, product(dy, i, w, j)),
  }),
  vjp: (g, { attributes, inputs: [dy = -1, w = -1] }, cotangent) => {
    const { stride, padding } = attributes;
    const [, , ...kernel] = g.shape(w);
    return [
      () => g.apply("conv2d", { stride, padding }, [cotangent, w]),
      () =>
        g.apply("conv2dWeightGrad", { stride, padding, kernel }, [
          dy,
          cotangent,
        ]),
    ];
  },
};

const conv2dWeightGrad: OpDefinition<"conv2dWeightGrad"> = {
  ...ofForm<"conv2dWeightGrad">({
    wanted: ({ kernel }) =>
      `float32 [B, C, H, W] and what float32 [O, C, ${kernel}] makes of it before it`,
    extents: ({ kernel, ...convolution }, dy, x) =>
      convolutionExtents(convolution, x, [dy[1] ?? 0, x[1] ?? 0, ...kernel]),
    shapes: (e) => [resultShape(e), imageShape(e), kernelShape(e)],
    add: (out, dy, x) => (i, j, at) => increase(out, at, product(dy, i, x, j)),
  }),
  vjp: (g, { attributes, inputs: [dy = -1, x = -1] }, cotangent) => {
    const { stride, padding } = attributes;
    const [, , ...image] = g.shape(x);
    return [
      () => g.apply("conv2d", { stride, padding }, [x, cotangent]),
      () =>
        g.apply("conv2dInputGrad", { stride, padding, image }, [dy, cotangent]),
    ];
  },
};

/** Convolution and its gradients. */
export const convolutionOps: OpDefinitions<ConvolutionOp> = {
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
};
