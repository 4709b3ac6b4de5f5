import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { RANDOM_ERASING, rootKey, split } from "../../../core/mod.ts";
import { drawErased, erase } from "../../../data/augment/random_erasing.ts";

const always = { ...RANDOM_ERASING, probability: 1 };

Deno.test("drawErased() takes a box smaller than the image, of an allowed area and shape to the rounding of its sides", () => {
  const side = fc.integer({ min: 4, max: 300 });
  fc.assert(fc.property(fc.nat(), side, side, (seed, width, height) => {
    const erased = drawErased(always, { width, height }, rootKey(seed));
    if (erased === null) return;
    const { box } = erased;
    ok(box.width < width && box.height < height);
    ok(box.left >= 0 && box.left + box.width <= width);
    ok(box.top >= 0 && box.top + box.height <= height);
    const area = (by: number) => (box.width + by) * (box.height + by);
    ok(area(0.5) >= 0.02 * width * height - 1e-9);
    ok(area(-0.5) <= width * height / 3 + 1e-9);
    ok((box.height + 0.5) / Math.max(0, box.width - 0.5) >= 0.3);
    ok((box.height - 0.5) / (box.width + 0.5) <= 1 / 0.3);
  }));
});

Deno.test("drawErased() takes a quarter of the images, everywhere in them, with areas between a fiftieth and a third", () => {
  const [key, size, count] = [rootKey(1), { width: 100, height: 100 }, 4000];
  const drawn = Array.from(
    { length: count },
    (_, i) => drawErased(RANDOM_ERASING, size, split(key, i)),
  ).flatMap((erased) => erased === null ? [] : [erased.box]);
  ok(Math.abs(drawn.length / count - 0.25) < 5 * Math.sqrt(0.1875 / count));
  const areas = drawn.map(({ width, height }) => width * height / 10_000);
  const mean = areas.reduce((a, b) => a + b, 0) / areas.length;
  // Uniform on [0.02, 1/3] has mean 0.1767 and deviation 0.0905.
  ok(Math.abs(mean - 0.1767) < 5 * 0.0905 / Math.sqrt(areas.length), `${mean}`);
  const middle = drawn.reduce(
    (sum, { top, height }) => sum + top + height / 2,
    0,
  );
  ok(Math.abs(middle / drawn.length - 50) < 5 * 29 / Math.sqrt(drawn.length));
});

Deno.test("erase() writes standard normal noise into the box of every channel and nothing else", () => {
  const size = { width: 80, height: 90 };
  const box = { left: 5, top: 7, width: 60, height: 70 };
  const pixels = new Float32Array(3 * 80 * 90).fill(9);
  erase({ box, noise: rootKey(2) }, size, pixels);
  const inside: number[] = [];
  pixels.forEach((value, i) => {
    const [x, y] = [i % 80, Math.floor(i / 80) % 90];
    const isIn = x >= 5 && x < 65 && y >= 7 && y < 77;
    if (isIn) inside.push(value);
    else strictEqual(value, 9);
  });
  const { length } = inside;
  const mean = inside.reduce((a, b) => a + b, 0) / length;
  const square = inside.reduce((a, b) => a + b * b, 0) / length;
  ok(Math.abs(mean) < 5 / Math.sqrt(length));
  ok(Math.abs(square - 1) < 5 * Math.sqrt(2 / length));
  strictEqual(new Set(inside).size > 0.99 * length, true);
  const again = new Float32Array(3 * 80 * 90).fill(9);
  erase({ box, noise: rootKey(2) }, size, again);
  deepStrictEqual(again, pixels);
});
