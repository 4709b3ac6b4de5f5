import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { movingMean } from "../../../plot/run/loss_series.ts";

const series = fc.array(fc.double({ noNaN: true, min: 0, max: 10 }), {
  minLength: 1,
  maxLength: 100,
}).map((values) => values.map((value, step) => ({ step, value })));

const reaches = fc.integer({ min: 0, max: 20 });

Deno.test("movingMean() equals the mean of the window, summed one by one", () => {
  fc.assert(fc.property(series, reaches, (points, reach) => {
    const smooth = movingMean(points, reach);
    strictEqual(smooth.length, points.length);
    for (const { step, value } of smooth) {
      const window = points.filter((p) => Math.abs(p.step - step) <= reach);
      const sum = window.reduce((total, p) => total + p.value, 0);
      ok(Math.abs(value - sum / window.length) < 1e-9);
    }
  }));
});

Deno.test("movingMean() with no neighbours changes nothing but rounding", () => {
  const points = [0.5, 0.25, 4].map((value, step) => ({ step, value }));
  deepStrictEqual(movingMean(points, 0), points);
});
