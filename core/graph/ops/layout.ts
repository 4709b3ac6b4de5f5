/** Ops that move numbers without changing them, and their sums. */
import { left, type Result, right } from "../../result.ts";
import {
  type OpAttributes,
  type OpName,
  type Shape,
  type Signature,
  sizeOf,
} from "../node.ts";
import {
  free,
  type OpDefinition,
  type OpDefinitions,
  type Values,
} from "../op_definition.ts";
import {
  broadcastIndex,
  broadcastsTo,
  showShape,
  stridedIndex,
  stridesOf,
} from "../shape.ts";

type Infer<Name extends OpName> = OpDefinition<Name>["infer"];

/** Checks the single input of an op, then gives the shape of its result. */
const inferOne = <Name extends OpName>(
  wanted: (attributes: OpAttributes[Name]) => string,
  shapeOf: (attributes: OpAttributes[Name], shape: Shape) => Shape | null,
): Infer<Name> =>
(attributes, inputs): Result<string, Signature> => {
  const [x] = inputs;
  const shape = x !== undefined && inputs.length === 1
    ? shapeOf(attributes, x.shape)
    : null;
  return shape === null || x === undefined
    ? left(wanted(attributes))
    : right({ shape, dtype: x.dtype });
};

const isAxis = (axis: number, rank: number): boolean =>
  Number.isInteger(axis) && axis >= 0 && axis < rank;

const replaced = (shape: Shape, axis: number, extent: number): Shape =>
  shape.map((old, i) => i === axis ? extent : old);

const reshape: OpDefinition<"reshape"> = {
  infer: inferOne<"reshape">(
    ({ shape }) => `a tensor of ${sizeOf(shape)} numbers`,
    ({ shape }, from) => sizeOf(from) === sizeOf(shape) ? shape : null,
  ),
  evaluate: (_, [x = new Float64Array()]) => x.slice(),
  vjp: (g, { inputs: [x = -1] }, dy) => [() => g.reshape(dy, g.shape(x))],
  flops: free,
};

const isPermutation = (axes: readonly number[], rank: number): boolean =>
  axes.length === rank &&
  axes.every((axis, i) => isAxis(axis, rank) && axes.indexOf(axis) === i);

const transpose: OpDefinition<"transpose"> = {
  infer: inferOne<"transpose">(
    ({ permutation }) =>
      `a tensor of ${permutation.length} axes and a permutation of them`,
    ({ permutation }, from) =>
      isPermutation(permutation, from.length)
        ? permutation.map((axis) => from[axis] ?? 0)
        : null,
  ),
  evaluate: ({ attributes: { permutation }, shape }, [x], [from]) => {
    const strides = stridesOf(from?.shape ?? []);
    const index = stridedIndex(
      shape,
      permutation.map((axis) => strides[axis] ?? 0),
    );
    return Float64Array.from(index, (i) => x?.[i] ?? NaN);
  },
  vjp: (g, { attributes: { permutation } }, dy) => [
    () =>
      g.transpose(dy, permutation.map((_, axis) => permutation.indexOf(axis))),
  ],
  flops: free,
};

/** Copies blocks between a tensor and its part along one axis. */
function copyPart(
  into: Values,
  from: Values | undefined,
  shape: Shape,
  axis: number,
  [intoExtent, intoStart]: readonly [number, number],
  [fromExtent, fromStart]: readonly [number, number],
): Values {
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  const size = Math.min(intoExtent - intoStart, fromExtent - fromStart) * inner;
  for (let o = 0; o < outer; o++) {
    const start = (o * fromExtent + fromStart) * inner;
    const part = from?.subarray(start, start + size) ?? [];
    into.set(part, (o * intoExtent + intoStart) * inner);
  }
  return into;
}

const slice: OpDefinition<"slice"> = {
  infer: inferOne<"slice">(
    ({ axis, start, size }) =>
      `a tensor with entries ${start} to ${start + size - 1} on axis ${axis}`,
    ({ axis, start, size }, from) =>
      start >= 0 && size >= 1 && start + size <= (from[axis] ?? 0)
        ? replaced(from, axis, size)
        : null,
  ),
  evaluate: ({ attributes: { axis, start, size }, shape }, [x], [from]) =>
    copyPart(new Float64Array(sizeOf(shape)), x, shape, axis, [size, 0], [
      from?.shape[axis] ?? 0,
      start,
    ]),
  vjp: (g, { attributes: { axis, start, size }, inputs: [x = -1] }, dy) => [
    () => g.pad(dy, axis, start, (g.shape(x)[axis] ?? 0) - start - size),
  ],
  flops: free,
};

const pad: OpDefinition<"pad"> = {
  infer: inferOne<"pad">(
    ({ axis }) => `a tensor with axis ${axis}, and pads of at least 0`,
    ({ axis, before, after }, from) =>
      isAxis(axis, from.length) && before >= 0 && after >= 0
        ? replaced(from, axis, before + (from[axis] ?? 0) + after)
        : null,
  ),
  evaluate: ({ attributes: { axis, before }, shape }, [x], [from]) =>
    copyPart(new Float64Array(sizeOf(shape)), x, shape, axis, [
      shape[axis] ?? 0,
      before,
    ], [from?.shape[axis] ?? 0, 0]),
  vjp: (g, { attributes: { axis, before }, inputs: [x = -1] }, dy) => [
    () => g.slice(dy, axis, before, g.shape(x)[axis] ?? 0),
  ],
  flops: free,
};

const concat: OpDefinition<"concat"> = {
  infer: ({ axis }, inputs) => {
    const [first] = inputs;
    const fits = first !== undefined && isAxis(axis, first.shape.length) &&
      inputs.every((x) =>
        x.dtype === first.dtype && x.shape.length === first.shape.length &&
        x.shape.every((extent, i) => i === axis || extent === first.shape[i])
      );
    const total = inputs.reduce((sum, x) => sum + (x.shape[axis] ?? 0), 0);
    return fits
      ? right({ shape: replaced(first.shape, axis, total), dtype: first.dtype })
      : left(`tensors that differ on axis ${axis} alone`);
  },
  evaluate: ({ attributes: { axis }, shape }, inputs, signatures) => {
    const out = new Float64Array(sizeOf(shape));
    let start = 0;
    inputs.forEach((x, i) => {
      const extent = signatures[i]?.shape[axis] ?? 0;
      copyPart(out, x, shape, axis, [shape[axis] ?? 0, start], [extent, 0]);
      start += extent;
    });
    return out;
  },
  vjp: (g, { attributes: { axis }, inputs }, dy) => {
    const extents = inputs.map((input) => g.shape(input)[axis] ?? 0);
    return extents.map((extent, i) => () => {
      const start = extents.slice(0, i).reduce((a, b) => a + b, 0);
      return g.slice(dy, axis, start, extent);
    });
  },
  flops: free,
};

const broadcastTo: OpDefinition<"broadcastTo"> = {
  infer: inferOne<"broadcastTo">(
    ({ shape }) => `a tensor that broadcasts to ${showShape(shape)}`,
    ({ shape }, from) => broadcastsTo(from, shape) ? shape : null,
  ),
  evaluate: ({ shape }, [x], [from]) =>
    Float64Array.from(
      broadcastIndex(from?.shape ?? [], shape),
      (i) => x?.[i] ?? NaN,
    ),
  vjp: (g, { inputs: [x = -1] }, dy) => [() => g.sumTo(dy, g.shape(x))],
  flops: free,
};

const sumTo: OpDefinition<"sumTo"> = {
  infer: inferOne<"sumTo">(
    ({ shape }) => `a tensor to which ${showShape(shape)} broadcasts`,
    ({ shape }, from) => broadcastsTo(shape, from) ? shape : null,
  ),
  evaluate: ({ shape }, [x], [from]) => {
    const out = new Float64Array(sizeOf(shape));
    broadcastIndex(shape, from?.shape ?? []).forEach((o, i) => {
      out[o] = (out[o] ?? 0) + (x?.[i] ?? NaN);
    });
    return out;
  },
  vjp: (g, { inputs: [x = -1] }, dy) => [() => g.broadcastTo(dy, g.shape(x))],
  flops: free,
};

/** Ops that move numbers, and the sums that are their gradients. */
export const layoutOps: OpDefinitions<
  "reshape" | "transpose" | "slice" | "pad" | "concat" | "broadcastTo" | "sumTo"
> = { reshape, transpose, slice, pad, concat, broadcastTo, sumTo };
