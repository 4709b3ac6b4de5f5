import { deepStrictEqual, ok } from "node:assert/strict";
import { rootKey, split, uniforms } from "../../../../core/mod.ts";
import {
  countPixels,
  meanIoUGain,
  meanIoUOf,
  type PixelCounts,
} from "../../../../train/mod.ts";

/** Images of two classes, of whose pixels a share is named rightly, more in some than in others. */
function images(count: number, share: number, seed: number): PixelCounts[] {
  return Array.from({ length: count }, (_, image) => {
    const key = split(rootKey(seed), String(image));
    const draws = uniforms(key, 101);
    const hard = 0.3 * draws[100]!;
    const labels = Int32Array.from({ length: 100 }, (_, i) => i % 2);
    const named = labels.map((label, i) =>
      draws[i]! < share - hard ? label : 1 - label
    );
    return countPixels(labels, named, 2);
  });
}

Deno.test("meanIoUOf() has an interval around its value that narrows with the root of the images", () => {
  const widthOf = (count: number): number => {
    const { value, interval: [low, high] } = meanIoUOf(images(count, 0.9, 1));
    ok(low < value && value < high);
    return high - low;
  };
  const ratio = widthOf(25) / widthOf(400);
  ok(ratio > 2.8 && ratio < 5.6, `found ${ratio}, wanted about 4`);
});

Deno.test("meanIoUGain() tells a small gain on hard and easy images alike, which both intervals hide", () => {
  const [better, worse] = [images(60, 0.92, 1), images(60, 0.9, 1)];
  const { value, interval: [low, high] } = meanIoUGain(better, worse);
  ok(low > 0 && value > low && value < high);
  ok(meanIoUOf(worse).interval[1] > meanIoUOf(better).interval[0]);
  const back = meanIoUGain(worse, better);
  ok(Math.abs(back.value + value) < 1e-12);
  deepStrictEqual(meanIoUGain(better, better), { value: 0, interval: [0, 0] });
});

Deno.test("meanIoUOf() knows no interval of a single image that counts", () => {
  const [one] = images(1, 0.9, 1);
  const labels = new Int32Array(100).fill(-1);
  const ignored = countPixels(labels, labels, 2);
  const { value, interval } = meanIoUOf([one!, ignored]);
  ok(value > 0.5);
  deepStrictEqual(interval, [NaN, NaN]);
});
