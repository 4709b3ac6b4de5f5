import fc from "fast-check";
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  gradients,
  type GraphBuilder,
  interpretGraph,
  type NodeId,
  type Shape,
  sizeOf,
  traceGraph,
} from "../../../core/mod.ts";
import { averagePool, maxPool } from "../../../core/nn/pooling.ts";
import { right } from "../../right.ts";

/** A pooling, and its gradient where that of its result is `dy`. */
function pooled(
  pool: (g: GraphBuilder, x: NodeId) => NodeId,
  shape: Shape,
  x: readonly number[],
  dy: readonly number[],
): readonly [y: readonly number[], dx: readonly number[]] {
  const graph = traceGraph((g) => {
    const input = g.input("x", shape);
    const y = pool(g, input);
    const weighted = g.multiply(y, g.input("dy", g.shape(y)));
    const [dx = -1] = gradients(g, g.sumTo(weighted, []), [input]);
    return { y, dx };
  });
  const { y, dx } = interpretGraph(right(graph), {
    x: Float64Array.from(x),
    dy: Float64Array.from(dy),
  });
  return [Array.from(y!), Array.from(dx!)];
}

/** Places of the four neighbours of each result, by rows. */
function windows([batch, channels, height, width]: readonly [
  number,
  number,
  number,
  number,
]): readonly (readonly number[])[] {
  const planes = Array.from({ length: batch * channels }, (_, plane) => plane);
  return planes.flatMap((plane) =>
    Array.from({ length: height * width / 4 }, (_, i) => {
      const [row, column] = [Math.floor(i / (width / 2)), i % (width / 2)];
      const at = (plane * height + 2 * row) * width + 2 * column;
      return [at, at + 1, at + width, at + width + 1];
    })
  );
}

// Few different numbers: neighbours are often equal.
const images = fc
  .tuple(
    ...[1, 2].map((least) => fc.integer({ min: least, max: 3 })),
    ...[1, 1].map((least) => fc.integer({ min: least, max: 3 })),
  )
  .map(([b = 1, c = 1, h = 1, w = 1]) => [b, c, 2 * h, 2 * w] as const)
  .chain((shape) => {
    const size = sizeOf(shape);
    const numbers = (length: number) =>
      fc.array(fc.integer({ min: -2, max: 2 }), {
        minLength: length,
        maxLength: length,
      });
    return fc.tuple(fc.constant(shape), numbers(size), numbers(size / 4));
  });

Deno.test("maxPool() is the largest of each four, and its gradient flows to the first of the largest by rows", () =>
  fc.assert(fc.property(images, ([shape, x, dy]) => {
    const [y, dx] = pooled(maxPool, shape, x, dy);
    const wanted = x.map(() => 0);
    windows(shape).forEach((places, i) => {
      const largest = Math.max(...places.map((place) => x[place]!));
      strictEqual(y[i], largest);
      wanted[places.find((place) => x[place] === largest)!] = dy[i]!;
    });
    deepStrictEqual(dx.map((v) => v + 0), wanted.map((v) => v + 0));
  })));

Deno.test("maxPool() takes numbers as they are, however different", () => {
  for (
    const x of [[1e-30, 1, -1e30, 3e-17], [-1e30, 1e-30, -7, 0.1], [
      ...[0.1, 0.3, 0.30000000000000004, -1e16],
    ]]
  ) {
    const [[largest]] = pooled(maxPool, [1, 1, 2, 2], x, [1]);
    strictEqual(largest, Math.max(...x));
  }
});

Deno.test("averagePool() is the mean of each four, which share its gradient", () =>
  fc.assert(fc.property(images, ([shape, x, dy]) => {
    const pool = (g: GraphBuilder, node: NodeId) => averagePool(g, node, 2);
    const [y, dx] = pooled(pool, shape, x, dy);
    windows(shape).forEach((places, i) => {
      strictEqual(y[i], places.reduce((sum, place) => sum + x[place]!, 0) / 4);
      places.forEach((place) => strictEqual(dx[place], dy[i]! / 4));
    });
  })));
