import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  type PositionResampling,
  resamplePositions,
} from "../../../core/mod.ts";
import { goldenJson, largestDifference } from "../../golden_files.ts";

interface Golden {
  readonly tolerance: number;
  readonly width: number;
  readonly cases: readonly (Readonly<Record<PositionResampling, number[]>> & {
    readonly from: number;
    readonly to: number;
    readonly positions: number[];
  })[];
}

const METHODS: readonly PositionResampling[] = ["mae", "timm"];

for (const method of METHODS) {
  Deno.test(`resamplePositions() as ${method} gives the numbers of PyTorch's bicubic interpolation`, () => {
    const { cases, tolerance } = goldenJson(
      "resample_positions.json",
    ) as Golden;
    for (const golden of cases) {
      const { from, to } = golden;
      const table = Float32Array.from(golden.positions);
      const error = largestDifference(
        resamplePositions(method, to, table, from),
        golden[method],
      );
      ok(error <= tolerance, `${from} to ${to} is off by ${error}`);
    }
  });

  Deno.test(`resamplePositions() as ${method} keeps a table on its own grid, and a constant on any`, () => {
    const grid = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(
        grid,
        grid,
        fc.float({ min: -2, max: 2, noNaN: true }),
        (from, to, level) => {
          const table = new Float32Array(from ** 2 * 2).map((_, i) =>
            Math.sin(i)
          );
          deepStrictEqual(resamplePositions(method, from, table, from), table);
          const flat = new Float32Array(from ** 2 * 2).fill(level);
          const error = largestDifference(
            resamplePositions(method, to, flat, from),
            new Float32Array(to ** 2 * 2).fill(level),
          );
          ok(error <= 1e-6);
        },
      ),
    );
  });
}
