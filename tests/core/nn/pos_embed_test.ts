import fc from "fast-check";
import { createHash } from "node:crypto";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { sinCosPositions } from "../../../core/mod.ts";
import {
  goldenJson,
  goldenTensors,
  largestDifference,
  numbersOf,
} from "../../golden_files.ts";

interface Summary {
  readonly shape: readonly [number, number];
  readonly "sum_f64": number;
  readonly "sumsq_f64": number;
  readonly "weighted_sum_f64": number;
  readonly rows: readonly number[];
}

/** Tables of ViTFreeze 30e80f9, computed by NumPy in float64, by width and grid. */
const tables = Object.entries(
  goldenJson("pos_embed.json") as Readonly<Record<string, Summary>>,
);
const rows = goldenTensors("pos_embed.safetensors");

for (const [name, summary] of tables) {
  const [width = 0, grid = 0] = name.split("x").map(Number);

  Deno.test(`sinCosPositions() of ${name} have the reference's rows to 1e-7`, () => {
    const table = sinCosPositions(width, grid);
    const found = summary.rows.flatMap((row) =>
      table.slice(row * width, (row + 1) * width)
    );
    strictEqual(table.length, summary.shape[0] * summary.shape[1]);
    ok(largestDifference(found, numbersOf(rows, `${name}.rows`)) <= 1e-7);
  });

  Deno.test(`sinCosPositions() of ${name} have the reference's sums, so every row is right`, () => {
    const table = sinCosPositions(width, grid);
    const sum = (term: (v: number, i: number) => number): number =>
      table.reduce((total, v, i) => total + term(v, i), 0);
    const near = (found: number, wanted: number): void =>
      ok(Math.abs(found - wanted) <= 1e-7 * wanted, `${found} vs ${wanted}`);
    near(sum((v) => v), summary.sum_f64);
    near(sum((v) => v * v), summary.sumsq_f64);
    near(sum((v, i) => v * (1 + i % 997)), summary.weighted_sum_f64);
  });
}

const sizes = fc.tuple(
  fc.integer({ min: 1, max: 16 }).map((quarter) => 4 * quarter),
  fc.integer({ min: 1, max: 8 }),
);

Deno.test("sinCosPositions() have a row of zeros for the class token", () => {
  fc.assert(fc.property(sizes, ([width, grid]) => {
    deepStrictEqual(
      sinCosPositions(width, grid).slice(0, width),
      Array(width).fill(0),
    );
  }));
});

Deno.test("sinCosPositions() tell the column in the first half of a row and the row in the second", () => {
  fc.assert(fc.property(sizes, ([width, grid]) => {
    const table = sinCosPositions(width, grid);
    const half = (h: number, w: number, which: 0 | 1): number[] => {
      const start = (1 + h * grid + w) * width + which * width / 2;
      return table.slice(start, start + width / 2);
    };
    for (let a = 0; a < grid; a++) {
      for (let b = 0; b < grid; b++) {
        deepStrictEqual(half(a, b, 0), half(0, b, 0));
        deepStrictEqual(half(a, b, 1), half(a, 0, 1));
        deepStrictEqual(half(a, b, 0), half(b, a, 1));
      }
    }
  }));
});

Deno.test("sinCosPositions() are float32 numbers", () => {
  const table = sinCosPositions(768, 14);
  deepStrictEqual(table.filter((v) => v !== Math.fround(v)), []);
});

Deno.test("sinCosPositions() of 36x4 are the reference's bytes", () => {
  const hash = createHash("sha256").update(
    new Uint8Array(Float32Array.from(sinCosPositions(36, 4)).buffer),
  ).digest("hex");
  const summary = Object.fromEntries(tables)["36x4"] as unknown as {
    readonly "sha256_f32_le": string;
  };
  strictEqual(hash, summary.sha256_f32_le);
});
