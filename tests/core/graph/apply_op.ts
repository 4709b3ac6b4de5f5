/**
 * One op on given tensors, and tensors by multi-index.
 *
 * @module
 */
import { ok } from "node:assert/strict";
import {
  interpretGraph,
  type OpName,
  type Shape,
  traceGraph,
} from "../../../core/mod.ts";
import { right } from "../../right.ts";
import type { OpUse, Tensor } from "./arbitraries.ts";

/** The result of an op, as the interpreter computes it. */
export function applyOp<Name extends OpName>(
  op: Name,
  { attributes, inputs }: OpUse<Name>,
): Tensor {
  const graph = right(traceGraph((g) => ({
    y: g.apply(
      op,
      attributes,
      inputs.map(({ shape, dtype }, i) => g.input(`x${i}`, shape, dtype)),
    ),
  })));
  const values = inputs.map(({ values }, i) => [`x${i}`, values]);
  const { shape = [], dtype = "float32" } = graph.nodes.at(-1) ?? {};
  const { y = new Float64Array() } = interpretGraph(
    graph,
    Object.fromEntries(values),
  );
  return { shape, dtype, values: y };
}

/** Every multi-index of a shape, row-major. */
export function multiIndices(shape: Shape): readonly (readonly number[])[] {
  return shape.reduce<readonly (readonly number[])[]>(
    (all, extent) =>
      all.flatMap((index) =>
        Array.from({ length: extent }, (_, i) => [...index, i])
      ),
    [[]],
  );
}

/** The number of a tensor at a multi-index; leading indices that the tensor lacks and those along extents of 1 are ignored. */
export function entry(
  { shape, values }: Tensor,
  index: readonly number[],
): number {
  const own = index.slice(index.length - shape.length);
  const position = shape.reduce(
    (sum, extent, axis) => sum * extent + (extent === 1 ? 0 : own[axis] ?? NaN),
    0,
  );
  return values[position] ?? NaN;
}

/** Fails unless every number of `found` is, to rounding, what `wanted` says for its multi-index. */
export function checkEntries(
  found: Tensor,
  wanted: (index: readonly number[]) => number,
): void {
  multiIndices(found.shape).forEach((index, position) => {
    const [a = NaN, b] = [found.values[position], wanted(index)];
    ok(
      Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(b)),
      `[${index}] is ${a}, wanted ${b}`,
    );
  });
}

/** `Σ a·b` of two tensors of one shape. */
export function innerProduct(a: Tensor, b: Tensor): number {
  return a.values.reduce((sum, v, i) => sum + v * (b.values[i] ?? NaN), 0);
}
