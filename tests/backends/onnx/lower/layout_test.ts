import { deepStrictEqual } from "node:assert/strict";
import {
  movedRuns,
  summedAxes,
} from "../../../../backends/onnx/lower/layout.ts";

Deno.test("movedRuns() keeps together what stays side by side", () => {
  deepStrictEqual(movedRuns([0, 3, 4, 1, 2]), [[0], [3, 4], [1, 2]]);
  deepStrictEqual(movedRuns([2, 0, 1]), [[2], [0, 1]]);
  deepStrictEqual(movedRuns([1, 0]), [[1], [0]]);
  deepStrictEqual(movedRuns([0, 1]), [[0, 1]]);
});

Deno.test("summedAxes() begins a run of axes with the inner one", () => {
  deepStrictEqual(summedAxes([4, 5, 6], []), [2, 1, 0]);
  deepStrictEqual(summedAxes([4, 5, 6], [6]), [1, 0]);
  deepStrictEqual(summedAxes([4, 5, 6], [4, 1, 6]), [1]);
});

Deno.test("summedAxes() takes the outer of two runs first", () => {
  deepStrictEqual(summedAxes([2, 3, 4, 5], [1, 3, 1, 1]), [0, 3, 2]);
});

Deno.test("summedAxes() leaves axes whose extent stays, and those of 1", () => {
  deepStrictEqual(summedAxes([4, 1, 6], [4, 1, 6]), []);
  deepStrictEqual(summedAxes([1, 6], [6]), []);
  deepStrictEqual(summedAxes([], []), []);
});
