/**
 * Random tensors, and random uses of every op that has a gradient.
 *
 * @module
 */
import fc from "fast-check";
import {
  type OpAttributes,
  type OpName,
  type Shape,
  type Signature,
  sizeOf,
} from "../../../core/mod.ts";
import { between } from "../../arbitraries.ts";

/** A tensor with its numbers, row-major. */
export interface Tensor extends Signature {
  readonly values: Float64Array;
}

/** An op with its attributes and what it is applied to. */
export interface OpUse<Name extends OpName = OpName> {
  readonly attributes: OpAttributes[Name];
  readonly inputs: readonly Tensor[];
}

/** Ops whose inputs have gradients. */
export type DifferentiableOp = Exclude<OpName, typeof WITHOUT_GRADIENT[number]>;

/** Ops that are never differentiated: sources, gradients, targets, the optimizer. */
export const WITHOUT_GRADIENT = [
  "input",
  "constant",
  "reluGrad",
  "geluGrad",
  "softmaxGrad",
  "layerNormGrad",
  "layerNormScaleGrad",
  "hogCells",
  "l2Normalize",
  "adamwUpdate",
  "clipFactor",
] as const satisfies readonly OpName[];

/** Extents of 1 are frequent: they are where broadcasting goes wrong. */
const extent = fc.constantFrom(1, 1, 2, 3, 4);

/** Shapes of some ranks. */
export const shape = (minRank = 0, maxRank = 4): fc.Arbitrary<Shape> =>
  fc.array(extent, { minLength: minRank, maxLength: maxRank });

/**
 * So many numbers in `[−2, 2]`, spread evenly: `fc.float64Array` spreads
 * exponents, so nearly all of them would be 0 to any precision.
 */
export const numbers = (count: number): fc.Arbitrary<Float64Array> =>
  fc.array(fc.integer({ min: -(2 ** 20), max: 2 ** 20 }), {
    minLength: count,
    maxLength: count,
  }).map((values) => Float64Array.from(values, (v) => v / 2 ** 19));

/** Real tensors of a shape with numbers in `[−2, 2]`. */
export const tensor = (of: Shape): fc.Arbitrary<Tensor> =>
  numbers(sizeOf(of)).map((values) => ({
    shape: of,
    dtype: "float32",
    values,
  }));

const tensors = (...shapes: readonly Shape[]): fc.Arbitrary<Tensor[]> =>
  fc.tuple(...shapes.map(tensor));

/** Index tensors `[rows, count]` with numbers below `limit`. */
export const indices = (
  rows: number,
  count: number,
  limit: number,
): fc.Arbitrary<Tensor> =>
  fc.array(fc.nat({ max: limit - 1 }), {
    minLength: rows * count,
    maxLength: rows * count,
  }).map((values) => indexTensor([rows, count], values));

const indexTensor = (of: Shape, values: readonly number[]): Tensor => ({
  shape: of,
  dtype: "int32",
  values: Float64Array.from(values),
});

/** Permutations `[rows, count]` of `0 … count − 1`, and their inverses. */
export const permutations = (
  rows: number,
  count: number,
): fc.Arbitrary<readonly [Tensor, Tensor]> => {
  const ordered = Array.from({ length: count }, (_, i) => i);
  const row = fc.shuffledSubarray(ordered, { minLength: count });
  return fc.array(row, { minLength: rows, maxLength: rows }).map((orders) => {
    const inverses = orders.map((order) =>
      ordered.map((i) => order.indexOf(i))
    );
    return [
      indexTensor([rows, count], orders.flat()),
      indexTensor([rows, count], inverses.flat()),
    ] as const;
  });
};

/** A shape and one that broadcasts to it: some extents 1, some leading axes missing. */
export const broadcastPair: fc.Arbitrary<
  { readonly to: Shape; readonly from: Shape }
> = fc.record({
  to: shape(),
  ones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  missing: fc.nat({ max: 4 }),
}).map(({ to, ones, missing }) => ({
  to,
  from: to.map((extent, i) => ones[i] ? 1 : extent).slice(missing),
}));

/** A shape, one of its axes, and a part of that axis. */
export const axisPart: fc.Arbitrary<
  {
    readonly of: Shape;
    readonly axis: number;
    readonly start: number;
    readonly size: number;
  }
> = shape(1).chain((of) =>
  fc.nat({ max: of.length - 1 }).chain((axis) =>
    fc.nat({ max: of[axis]! - 1 }).chain((start) =>
      fc.record({
        of: fc.constant(of),
        axis: fc.constant(axis),
        start: fc.constant(start),
        size: fc.integer({ min: 1, max: of[axis]! - start }),
      })
    )
  )
);

/** The factors of a number, in random order: a shape of as many numbers. */
const sameSize = (of: Shape): fc.Arbitrary<Shape> => {
  const primes = of.flatMap((n) => n === 4 ? [2, 2] : [n]);
  return fc.shuffledSubarray(primes, { minLength: primes.length });
};

const applied = <Name extends OpName>(
  attributes: OpAttributes[Name],
  inputs: fc.Arbitrary<readonly Tensor[]>,
): fc.Arbitrary<OpUse<Name>> =>
  inputs.map((inputs) => ({ attributes, inputs }));

const broadcasting = <
  Name extends "add" | "subtract" | "multiply",
>(): fc.Arbitrary<
  OpUse<Name>
> =>
  fc.record({
    pair: broadcastPair,
    ones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    swapped: fc.boolean(),
  }).chain(({ pair: { to, from }, ones, swapped }) => {
    const other = to.map((extent, i) =>
      ones[i] && from.at(i - to.length) !== 1 ? 1 : extent
    );
    return applied({}, swapped ? tensors(from, other) : tensors(other, from));
  });

const unary = <
  Name extends
    | "square"
    | "flush"
    | "gelu"
    | "softmax"
    | "logSoftmax"
    | "rankSum",
>(
  minRank: number,
): fc.Arbitrary<OpUse<Name>> =>
  shape(minRank).chain((of) => applied({}, tensors(of)));

const factor = between(-3, 3);

const matmul: fc.Arbitrary<OpUse<"matmul">> = fc.record({
  lead: shape(0, 2),
  m: extent,
  k: extent,
  n: extent,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
}).chain(({ lead, m, k, n, transposeA, transposeB }) =>
  applied(
    { transposeA, transposeB },
    tensors(
      [...lead, ...transposeA ? [k, m] : [m, k]],
      [...lead, ...transposeB ? [n, k] : [k, n]],
    ),
  )
);

const concat: fc.Arbitrary<OpUse<"concat">> = axisPart.chain(({ of, axis }) =>
  fc.array(extent, { minLength: 1, maxLength: 3 }).chain((extents) =>
    applied(
      { axis },
      tensors(...extents.map((n) => of.map((old, i) => i === axis ? n : old))),
    )
  )
);

/** Extents of convolutions: images `x`, kernels `w`, results `y`. */
const convolution = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  channels: fc.integer({ min: 1, max: 2 }),
  outputs: fc.integer({ min: 1, max: 2 }),
  kernel: fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
  ),
  more: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
  stride: fc.integer({ min: 1, max: 3 }),
  padding: fc.nat({ max: 2 }),
}).map(({ batch, channels, outputs, kernel, more, stride, padding }) => {
  const image = kernel.map((k, i) => Math.max(1, k - 2 * padding) + more[i]!);
  const result = image.map((size, i) =>
    Math.floor((size + 2 * padding - kernel[i]!) / stride) + 1
  );
  return {
    attributes: { stride, padding },
    x: [batch, channels, ...image],
    w: [outputs, channels, ...kernel],
    y: [batch, outputs, ...result],
  };
});

/** Numbers at least 0.1 away from a kink or pole at 0. */
const awayFromZero = (x: Tensor): Tensor => ({
  ...x,
  values: x.values.map((v) => v + (v < 0 ? -0.1 : 0.1)),
});

/** `ε` is large enough for third derivatives to stay small, as finite differences ask for. */
const layerNorm: fc.Arbitrary<OpUse<"layerNorm">> = fc.record({
  lead: shape(0, 3),
  width: fc.integer({ min: 1, max: 6 }),
  epsilon: between(0.1, 1),
}).chain(({ lead, width, epsilon }) =>
  applied({ epsilon }, tensors([...lead, width], [width], [width]))
);

const rowExtents = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  rows: fc.integer({ min: 1, max: 4 }),
  picked: fc.integer({ min: 1, max: 4 }),
  rest: shape(0, 2),
});

/** Random uses of each op that has a gradient. */
export const OP_USES: {
  readonly [Name in DifferentiableOp]: fc.Arbitrary<OpUse<Name>>;
} = {
  add: broadcasting(),
  subtract: broadcasting(),
  multiply: broadcasting(),
  scale: fc.tuple(factor, shape()).chain(([factor, of]) =>
    applied({ factor }, tensors(of))
  ),
  square: unary(0),
  mix: fc.tuple(factor, shape()).chain(([weight, of]) =>
    applied({ weight }, tensors(of, of))
  ),
  flush: unary(0),
  rankSum: unary(0),
  rsqrt: shape().chain((of) =>
    tensor(of).map((x) => ({
      attributes: { epsilon: 0.5 },
      inputs: [{ ...x, values: x.values.map(Math.abs) }],
    }))
  ),
  matmul,
  conv2d: convolution.chain(({ attributes, x, w }) =>
    applied(attributes, tensors(x, w))
  ),
  conv2dInputGrad: convolution.chain(({ attributes, x, w, y }) =>
    applied({ ...attributes, image: x.slice(2) }, tensors(y, w))
  ),
  conv2dWeightGrad: convolution.chain(({ attributes, x, w, y }) =>
    applied({ ...attributes, kernel: w.slice(2) }, tensors(y, x))
  ),
  reshape: shape().chain((of) =>
    sameSize(of).chain((to) => applied({ shape: to }, tensors(of)))
  ),
  transpose: shape().chain((of) =>
    fc.shuffledSubarray(of.map((_, axis) => axis), { minLength: of.length })
      .chain((permutation) => applied({ permutation }, tensors(of)))
  ),
  slice: axisPart.chain(({ of, ...part }) => applied(part, tensors(of))),
  pad: axisPart.chain(({ of, axis, start, size }) =>
    applied({ axis, before: start, after: size }, tensors(of))
  ),
  concat,
  broadcastTo: broadcastPair.chain(({ to, from }) =>
    applied({ shape: to }, tensors(from))
  ),
  sumTo: broadcastPair.chain(({ to, from }) =>
    applied({ shape: from }, tensors(to))
  ),
  relu: shape().chain((of) =>
    tensor(of).map((x) => ({ attributes: {}, inputs: [awayFromZero(x)] }))
  ),
  gelu: unary(0),
  softmax: unary(1),
  logSoftmax: unary(1),
  layerNorm,
  gatherRows: rowExtents.chain(({ batch, rows, picked, rest }) =>
    applied(
      {},
      fc.tuple(
        tensor([batch, rows, ...rest]),
        indices(batch, picked, rows),
      ),
    )
  ),
  scatterRows: rowExtents.chain(({ batch, rows, picked, rest }) =>
    applied(
      { rows },
      fc.tuple(
        tensor([batch, picked, ...rest]),
        indices(batch, picked, rows),
      ),
    )
  ),
  permuteRows: rowExtents.chain(({ batch, rows, rest }) =>
    fc.tuple(tensor([batch, rows, ...rest]), permutations(batch, rows)).map(
      ([x, [index, inverse]]) => ({
        attributes: {},
        inputs: [x, index, inverse],
      }),
    )
  ),
};
