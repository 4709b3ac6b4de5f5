import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { smallPixels } from "../../../train/mod.ts";

Deno.test("smallPixels() keeps small images, and gives means of cells of larger ones", () => {
  const image = Float32Array.from({ length: 16 }, (_, i) => i);
  deepStrictEqual(smallPixels(image, 4, 4), image);
  deepStrictEqual([...smallPixels(image, 4, 2)], [2.5, 4.5, 10.5, 12.5]);
  deepStrictEqual([...smallPixels(image.subarray(0, 9), 3, 2)], [2, 3, 5, 6]);
});

Deno.test("smallPixels() is linear, keeps what is even, and each plane by itself", () => {
  const side = fc.integer({ min: 1, max: 12 });
  fc.assert(fc.property(side, side, fc.nat(99), (side, most, seed) => {
    const size = 2 * side ** 2;
    const image = Float32Array.from(
      { length: size },
      (_, i) => Math.sin(i + seed),
    );
    const small = smallPixels(image, side, most);
    strictEqual(small.length, 2 * Math.min(side, most) ** 2);
    const second = smallPixels(image.subarray(size / 2), side, most);
    deepStrictEqual(small.slice(small.length / 2), second);
    const doubled = smallPixels(image.map((x) => 2 * x), side, most);
    doubled.forEach((x, i) => ok(Math.abs(x - 2 * small[i]!) < 1e-6));
    ok(
      smallPixels(new Float32Array(size).fill(3), side, most)
        .every((x) => x === 3),
    );
  }));
});
