import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  compare,
  type Comparison,
  type Tolerance,
} from "../../../tools/parity/comparison.ts";

/** One tensor compared with `[1, −4]`. */
const compared = (
  found: readonly number[],
  tolerance: Tolerance,
): Comparison =>
  compare({
    name: "group",
    tolerance,
    pairs: [{ name: "x", found, wanted: [1, -4] }],
  });

const EXACT: Tolerance = { _tag: "Exact" };

Deno.test("compare() gives the largest difference, absolute and as a part of the largest number", () => {
  const { absolute, relative } = compared([1.5, -3], EXACT);
  deepStrictEqual([absolute, relative], [1, 0.25]);
});

Deno.test("compare() judges by the measure of the tolerance, the limit included", () => {
  const holds = (tolerance: Tolerance): boolean =>
    compared([1, -3], tolerance).holds;
  strictEqual(holds({ _tag: "Absolute", limit: 1 }), true);
  strictEqual(holds({ _tag: "Absolute", limit: 0.99 }), false);
  strictEqual(holds({ _tag: "Relative", limit: 0.25 }), true);
  strictEqual(holds({ _tag: "Relative", limit: 0.24 }), false);
  strictEqual(holds(EXACT), false);
  strictEqual(compared([1, -4], EXACT).holds, true);
});

Deno.test("compare() judges each number by what is allowed to it", () => {
  const evaluated = (allowed: readonly number[]) =>
    compare({
      name: "group",
      tolerance: { _tag: "FromGradients", limit: 1e-5 },
      pairs: [{ name: "x", found: [1.5, -3], wanted: [1, -4], allowed }],
    });
  deepStrictEqual(evaluated([1, 2]).used, 0.5);
  strictEqual(evaluated([1, 2]).holds, true);
  for (const allowed of [[0.4, 2], [1, 0.9], [NaN, 2], [1], []]) {
    strictEqual(evaluated(allowed).holds, false, `${allowed}`);
  }
});

Deno.test("compare() lets nothing pass that is missing, too much or NaN", () => {
  const wide: Tolerance = { _tag: "Absolute", limit: 1e300 };
  for (const found of [[], [1], [1, -4, 0], [1, NaN], [NaN, -4]]) {
    const { absolute, holds } = compared(found, wide);
    strictEqual(absolute, Infinity);
    strictEqual(holds, false);
  }
});

Deno.test("compare() does not hold for a group in which nothing was compared", () => {
  const empty = compare({ name: "group", tolerance: EXACT, pairs: [] });
  strictEqual(empty.holds, false);
});

Deno.test("compare() names the tensor that is farthest off by the measure of the tolerance", () => {
  const pairs = [
    { name: "large", found: [1001], wanted: [1000] },
    { name: "small", found: [0.2], wanted: [0.1] },
  ];
  const worst = (tolerance: Tolerance): string =>
    compare({ name: "group", tolerance, pairs }).worst;
  strictEqual(worst({ _tag: "Absolute", limit: 1 }), "large");
  strictEqual(worst({ _tag: "Relative", limit: 1 }), "small");
});
