import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  interpretGraph,
  MODEL_PRESETS,
  type ModelSpec,
  type NodeId,
  type StageScale,
  type StageTarget,
  targetChannels,
  traceGraph,
} from "../../../../core/mod.ts";
import { stageTargets } from "../../../../core/models/targets/stage_targets.ts";
import { between } from "../../../arbitraries.ts";
import { largestDifference } from "../../../golden_files.ts";
import { right } from "../../../right.ts";
import { tensor } from "../../graph/arbitraries.ts";

const SIDE = 16;

/** Pictures of two channels in four patches of 8 pixels. */
const specOf = (target: StageTarget, scale: StageScale): ModelSpec => ({
  ...MODEL_PRESETS["vit-b"],
  imageSize: SIDE,
  patchSize: 8,
  inChannels: 2,
  stages: [{ tap: 11, scale, weight: 1, target }],
});

/** The target of the only stage of two images. */
function targetIn(spec: ModelSpec): (images: Float64Array) => Float64Array {
  const graph = right(traceGraph((g) => {
    const images = g.input("images", [2, 2, SIDE, SIDE]);
    const [target = -1 as NodeId] = stageTargets(g, spec, images, spec.stages);
    return { target };
  }));
  return (images) => interpretGraph(graph, { images }).target!;
}

/** Values of each cell. */
const cellsOf = (
  spec: ModelSpec,
  target: Float64Array,
): readonly number[][] => {
  const size = targetChannels(spec, spec.stages[0]!);
  return Array.from(
    { length: target.length / size },
    (_, cell) => Array.from(target.subarray(cell * size, (cell + 1) * size)),
  );
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean square of the distances from the mean, over one value less than there are. */
const variance = (values: readonly number[]): number => {
  const middle = mean(values);
  const squares = values.map((value) => (value - middle) ** 2);
  return squares.reduce((sum, it) => sum + it, 0) / (values.length - 1);
};

const images = tensor([2, 2, SIDE, SIDE]).map(({ values }) => values);
const SCALES = [8, 4, 2, 1] as const;

for (const scale of SCALES) {
  Deno.test(`stageTargets() of pixels in ${scale} cells a patch are rows of pixels, channels last`, () => {
    const spec = specOf("pixels", scale);
    const [side, n] = [8 / scale, 2 * scale];
    // Each number says where it is.
    const place = (sample: number, c: number, y: number, x: number) =>
      ((sample * 2 + c) * SIDE + y) * SIDE + x;
    const all = Float64Array.from({ length: 2 * 2 * SIDE ** 2 }, (_, i) => i);
    const wanted = [0, 1].flatMap((sample) =>
      Array.from(
        { length: n * n },
        (_, cell) =>
          Array.from({ length: side * side }, (_, pixel) => {
            const y = Math.floor(cell / n) * side + Math.floor(pixel / side);
            const x = cell % n * side + pixel % side;
            return [0, 1].map((c) => place(sample, c, y, x));
          }),
      ).flat(2)
    );
    deepStrictEqual([...targetIn(spec)(all)], wanted);
  });

  Deno.test(`stageTargets() of normalised pixels in ${scale} cells a patch are the pixels less their mean over their deviation`, () => {
    const normalised = specOf("normalisedPixels", scale);
    const plain = specOf("pixels", scale);
    fc.assert(
      fc.property(images, (images) => {
        const cells = cellsOf(plain, targetIn(plain)(images));
        const wanted = cells.flatMap((cell) => {
          const [middle, deviation] = [
            mean(cell),
            Math.sqrt(variance(cell) + 1e-6),
          ];
          return cell.map((value) => (value - middle) / deviation);
        });
        const found = targetIn(normalised)(images);
        ok(largestDifference(found, wanted) <= 1e-9);
        for (const cell of cellsOf(normalised, found)) {
          ok(Math.abs(mean(cell)) <= 1e-9);
          ok(variance(cell) <= 1 + 1e-9);
        }
      }),
      { numRuns: 20 },
    );
  });
}

Deno.test("stageTargets() of normalised pixels ignore brightness and contrast", () => {
  const target = targetIn(specOf("normalisedPixels", 1));
  fc.assert(
    fc.property(
      images,
      between(2, 8),
      between(-3, 3),
      (noise, contrast, brightness) => {
        // No cell is near to flat.
        const images = noise.map((v, i) => v + 4 * Math.sin(i * i));
        const moved = target(images.map((v) => contrast * v + brightness));
        // What is added to the variance counts less in the picture of more contrast.
        ok(largestDifference(moved, target(images)) <= 1e-4);
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("stageTargets() of one colour are 0 where pixels are normalised", () => {
  const flat = new Float64Array(2 * 2 * SIDE ** 2).fill(2.5);
  for (const scale of SCALES) {
    const target = targetIn(specOf("normalisedPixels", scale))(flat);
    ok(target.every((value) => value === 0));
  }
});

Deno.test("stageTargets() of stages with different targets are each stage's own", () => {
  const [hog, pixels, normalised] = [
    specOf("hog", 2),
    specOf("pixels", 4),
    specOf("normalisedPixels", 1),
  ].map(({ stages: [stage] }) => stage!);
  const spec = { ...specOf("hog", 2), stages: [pixels!, hog!, normalised!] };
  const graph = right(traceGraph((g) => {
    const images = g.input("images", [2, 2, SIDE, SIDE]);
    const targets = stageTargets(g, spec, images, spec.stages);
    return Object.fromEntries(targets.map((target, k) => [k, target]));
  }));
  const given = Float64Array.from(
    { length: 2 * 2 * SIDE ** 2 },
    (_, i) => Math.sin(i * i),
  );
  const found = interpretGraph(graph, { images: given });
  spec.stages.forEach((stage, k) => {
    const alone = targetIn({ ...spec, stages: [stage] })(given);
    deepStrictEqual([...found[k]!], [...alone]);
  });
});
