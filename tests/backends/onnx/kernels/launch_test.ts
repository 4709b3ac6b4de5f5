import { deepStrictEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  type Launch,
  sharesOf,
  totalCount,
} from "../../../../backends/onnx/kernels/launch.ts";

/** Launches whose tensors lie one behind the other. */
const launches: fc.Arbitrary<readonly Launch[]> = fc.array(
  fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 1000 })),
  { maxLength: 12 },
).map((sizes) => {
  let start = 64;
  return sizes.map(([kernel, count]) => {
    const address = start;
    start += 4 * count;
    return { kernel, addresses: [address, address], count, scalars: [kernel] };
  });
});

/** Every number that launches touch, as its kernel and address. */
const touched = (all: readonly Launch[]): readonly string[] =>
  all.flatMap(({ kernel, addresses: [address = 0], count }) =>
    Array.from({ length: count }, (_, i) => `${kernel}@${address + 4 * i}`)
  );

Deno.test("sharesOf() gives shares that together do every number once", () => {
  fc.assert(
    fc.property(launches, fc.integer({ min: 1, max: 5 }), (all, parts) => {
      const shares = sharesOf(all, parts);
      deepStrictEqual(shares.length, parts);
      deepStrictEqual(touched(shares.flat()), touched(all));
    }),
  );
});

Deno.test("sharesOf() gives shares of nearly equal size", () => {
  fc.assert(
    fc.property(launches, fc.integer({ min: 1, max: 5 }), (all, parts) => {
      for (const share of sharesOf(all, parts)) {
        ok(Math.abs(totalCount(share) - totalCount(all) / parts) <= 16);
      }
    }),
  );
});
