/** Histograms of gradients on the card's kernels against their meaning in float64. */
import { deepStrictEqual, throws } from "node:assert/strict";
import { hogKernels } from "../../../../backends/webgpu/kernels/hog.ts";
import type {
  Operand,
  Target,
} from "../../../../backends/webgpu/wgsl/operand.ts";
import {
  tensorOperand,
  tensorTarget,
} from "../../../../backends/webgpu/wgsl/tensor.ts";
import { type Shape, sizeOf } from "../../../../core/mod.ts";
import { hogCells } from "../../../../core/graph/ops/hog.ts";
import { deviceTest } from "../device_tests.ts";
import { testLowering } from "../run_calls.ts";
import { assertNear, ranTwice } from "./kernel_runs.ts";

interface Case {
  readonly shape: Shape;
  readonly nbins: number;
  readonly cells: number;
}

/** Levels of 8 bits, normalised or not; neighbours are sometimes equal. */
const picture = (shape: Shape, scale: number): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const wave = Math.sin(12.9898 * Math.floor(i / 1.3) + 4.1);
    return (Math.floor(128 + 127 * wave) - 110) * scale;
  });

const targetShape = ({ shape, nbins, cells }: Case): Shape => [
  shape[0]!,
  cells,
  cells,
  shape[1]!,
  nbins,
];

/** The op's meaning in float64. */
function meaning(
  { shape, nbins, cells }: Case,
  pixels: Float32Array,
): Float64Array {
  const node = {
    ...{ op: "hogCells", attributes: { nbins, cells }, inputs: [0] } as const,
    shape: targetShape({ shape, nbins, cells }),
    dtype: "float32",
  } as const;
  return hogCells.evaluate(
    node,
    [Float64Array.from(pixels)],
    [{ shape, dtype: "float32" }],
  ) as Float64Array;
}

/** Histograms by the kernel, made twice. */
async function histograms(
  { shape, nbins, cells }: Case,
  pixels: Float32Array,
  view: (operand: Operand) => Operand = (operand) => operand,
  fused: (target: Target) => Target = (target) => target,
): Promise<ArrayLike<number>> {
  const lowering = testLowering();
  const images = lowering.value(shape);
  const id = lowering.value(targetShape({ shape, nbins, cells }));
  hogKernels(
    lowering,
    { nbins, cells },
    view(tensorOperand(lowering.values, images)),
    fused(tensorTarget(lowering.values, id)),
  );
  const [made] = await ranTwice(lowering, [[images, pixels]], [id]);
  return made!;
}

function close(got: ArrayLike<number>, wanted: Float64Array, what: string) {
  const largest = wanted.reduce((a, b) => Math.max(a, b), 0);
  assertNear(got, wanted, () => 2e-6 * largest + 1e-12, what);
}

async function check(given: Case, scale: number): Promise<void> {
  const pixels = picture(given.shape, scale);
  const what = JSON.stringify({ ...given, scale });
  close(await histograms(given, pixels), meaning(given, pixels), what);
}

const of = (shape: Shape, cells: number, nbins = 9): Case => ({
  ...{ shape, cells, nbins },
});

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "of cells of whole pixels": [
    of([2, 3, 16, 16], 4),
    of([1, 3, 224, 224], 56),
    of([1, 2, 15, 15], 5),
    of([3, 1, 12, 12], 6),
    of([1, 1, 9, 9], 9),
  ],
  "of cells that pixels straddle": [
    of([1, 3, 14, 14], 4),
    of([2, 1, 13, 13], 5),
    of([1, 1, 31, 31], 2),
    of([1, 2, 17, 17], 16),
  ],
  "of large cells, shared by a team": [
    of([1, 3, 224, 224], 7),
    of([1, 1, 224, 224], 1),
    of([2, 1, 50, 50], 3),
    of([1, 1, 40, 40], 4),
  ],
  "of any number of bins": [
    of([1, 1, 16, 16], 4, 8),
    of([1, 1, 16, 16], 2, 12),
    of([1, 2, 16, 16], 4, 4),
    of([1, 1, 16, 16], 4, 2),
    of([1, 1, 16, 16], 2, 1),
    of([1, 1, 40, 40], 1, 67),
  ],
  "of the smallest images": [
    of([1, 1, 1, 1], 1),
    of([2, 1, 2, 2], 2),
    of([1, 1, 2, 2], 1),
    of([1, 2, 3, 3], 2),
  ],
};

for (const [name, cases] of Object.entries(CASES)) {
  deviceTest(`histograms ${name}`, async () => {
    for (const given of cases) {
      await check(given, 1);
      await check(given, 1 / 255 / 0.226);
    }
  });
}

deviceTest(
  "flat images have empty histograms, straight edges exact bins",
  async () => {
    const given = of([1, 1, 8, 8], 2, 8);
    const flat = new Float32Array(64).fill(0.3);
    deepStrictEqual(
      Array.from(await histograms(given, flat)),
      Array<number>(32).fill(0),
    );
    // Edges along the axes and the diagonals lie on borders between bins.
    for (const [dy, dx] of [[0, 1], [1, 0], [1, 1], [1, -1], [-1, 0]]) {
      const edge = Float32Array.from(
        flat,
        (_, i) => dy! * Math.floor(i / 8) + dx! * (i % 8),
      );
      close(
        await histograms(given, edge),
        meaning(given, edge),
        `edge ${dy} ${dx}`,
      );
    }
  },
);

deviceTest(
  "images computed on the way, histograms scaled on the way",
  async () => {
    const given = of([1, 3, 14, 14], 4);
    const pixels = picture(given.shape, 1);
    // Read with rows and columns exchanged, twice as strong.
    const view = (operand: Operand): Operand => ({
      shape: operand.shape,
      vector: false,
      open: (writer) => {
        const source = operand.open(writer);
        return {
          at: (block, position) => {
            const [b, c, y, x] = "at" in position ? position.at : [];
            const read = source.at(block, { at: [b!, c!, x!, y!] });
            return block.let(`${read} * 2.0`);
          },
          at4: () => "",
        };
      },
    });
    const scaled = (target: Target): Target => ({
      ...target,
      open: (writer) => {
        const sink = target.open(writer);
        return {
          put: (block, position, value) =>
            sink.put(block, position, `(${value}) * 0.5`),
          put4: () => {},
        };
      },
    });
    const turned = Float32Array.from(pixels, (_, i) => {
      const [plane, y] = [Math.floor(i / 196), Math.floor(i / 14) % 14];
      return pixels[plane! * 196 + (i % 14) * 14 + y!]!;
    });
    close(
      await histograms(given, pixels, view, scaled),
      meaning(given, turned),
      "view",
    );
  },
);

Deno.test("histograms refuse targets in 16 bits", () => {
  const lowering = testLowering();
  const images = lowering.value([1, 1, 8, 8]);
  const id = lowering.value([1, 2, 2, 1, 8], "float32", "bf16");
  throws(
    () =>
      hogKernels(
        lowering,
        { nbins: 8, cells: 2 },
        tensorOperand(lowering.values, images),
        tensorTarget(lowering.values, id),
      ),
    /32 bits/,
  );
});
