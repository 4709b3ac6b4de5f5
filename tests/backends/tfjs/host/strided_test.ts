import { deepStrictEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { stridedIndex } from "../../../../core/graph/shape.ts";
import { sizeOf } from "../../../../core/mod.ts";
import {
  forEachRow,
  innerLoop,
  loopNest,
} from "../../../../backends/tfjs/host/strided.ts";

const axes = fc.array(
  fc.record({
    extent: fc.integer({ min: 1, max: 4 }),
    a: fc.integer({ min: 0, max: 9 }),
    b: fc.integer({ min: 0, max: 9 }),
  }),
  { maxLength: 5 },
);

Deno.test("loopNest() visits what the index formula says, in row-major order", () => {
  fc.assert(fc.property(axes, (list) => {
    const shape = list.map(({ extent }) => extent);
    const strides = [list.map(({ a }) => a), list.map(({ b }) => b)] as const;
    const nest = loopNest(shape, strides);
    const [count, stepA = 0, stepB = 0] = innerLoop(nest);
    const visited: number[][] = [];
    forEachRow(nest, (position, a, b) => {
      for (let i = 0; i < count; i++) {
        visited.push([position + i, a + i * stepA, b + i * stepB]);
      }
    });
    const [a, b] = strides.map((steps) => stridedIndex(shape, steps));
    deepStrictEqual(
      visited,
      Array.from({ length: sizeOf(shape) }, (_, i) => [i, a?.[i], b?.[i]]),
    );
  }));
});

Deno.test("loopNest() walks over what lies in one piece in one loop", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }),
      (shape) => {
        const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
        ok(loopNest(shape, [strides]).extents.length === 1);
      },
    ),
  );
});
