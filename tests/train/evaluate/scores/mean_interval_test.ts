import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  meanInterval,
  studentPoint,
} from "../../../../train/evaluate/scores/mean_interval.ts";

Deno.test("studentPoint() gives the printed two-sided 95 % points", () => {
  const printed = {
    1: "12.706",
    2: "4.303",
    3: "3.182",
    4: "2.776",
    5: "2.571",
    9: "2.262",
    10: "2.228",
    15: "2.131",
    30: "2.042",
    60: "2.000",
    120: "1.980",
  };
  for (const [freedom, point] of Object.entries(printed)) {
    strictEqual(studentPoint(Number(freedom)).toFixed(3), point, freedom);
  }
});

Deno.test("meanInterval() moves with its values, stretches with them, and has no interval of one", () => {
  const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });
  const near = (a: number | undefined, b: number | undefined) =>
    ok(Math.abs((a ?? NaN) - (b ?? NaN)) < 1e-5, `${a} ${b}`);
  fc.assert(fc.property(
    fc.array(number, { minLength: 2, maxLength: 6 }),
    number,
    fc.double({ min: 0, max: 1e3, noNaN: true }),
    (values, shift, factor) => {
      const one = meanInterval(values);
      const moved = meanInterval(values.map((x) => factor * x + shift));
      near(moved.mean, factor * one.mean + shift);
      near(moved.deviation ?? NaN, factor * (one.deviation ?? NaN));
      near(moved.interval?.[0], factor * (one.interval?.[0] ?? NaN) + shift);
      near(moved.interval?.[1], factor * (one.interval?.[1] ?? NaN) + shift);
    },
  ));
  deepStrictEqual(meanInterval([3]), {
    ...{ count: 1, mean: 3, deviation: null, interval: null },
  });
  deepStrictEqual(meanInterval([2, 4, 4, 4, 5, 5, 7, 9]).mean, 5);
  strictEqual(meanInterval([1, 2, 3]).deviation, 1);
});
