import { deepStrictEqual } from "node:assert/strict";
import { summedRuns } from "../../../../backends/onnx/lower/layout.ts";

Deno.test("summedRuns() joins axes that lie side by side", () => {
  deepStrictEqual(summedRuns([4, 5, 6], []), [[0, 1, 2]]);
  deepStrictEqual(summedRuns([4, 5, 6], [6]), [[0, 1]]);
  deepStrictEqual(summedRuns([4, 5, 6], [4, 1, 6]), [[1]]);
  deepStrictEqual(summedRuns([2, 3, 4, 5], [1, 3, 1, 1]), [[0], [2, 3]]);
});

Deno.test("summedRuns() leaves axes whose extent stays", () => {
  deepStrictEqual(summedRuns([4, 1, 6], [4, 1, 6]), []);
  deepStrictEqual(summedRuns([], []), []);
});
