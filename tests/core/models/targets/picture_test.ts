import fc from "fast-check";
import { ok } from "node:assert/strict";
import {
  imageOfCells,
  interpretGraph,
  MODEL_PRESETS,
  type ModelSpec,
  type StageTarget,
  traceGraph,
  withTarget,
} from "../../../../core/mod.ts";
import { stageTargets } from "../../../../core/models/targets/stage_targets.ts";
import { largestDifference } from "../../../golden_files.ts";
import { right } from "../../../right.ts";
import { tensor } from "../../graph/arbitraries.ts";

/** Pictures of three channels in four patches of 4 pixels, with stages of each scale. */
const specOf = (target: StageTarget): ModelSpec =>
  withTarget({
    ...MODEL_PRESETS.nano,
    imageSize: 8,
    inChannels: 3,
  }, target);

for (const target of ["pixels", "normalisedPixels"] as const) {
  Deno.test(`imageOfCells() of the target itself (${target}) is the image`, () => {
    const spec = specOf(target);
    const graph = right(traceGraph((g) => {
      const images = g.input("images", [1, 3, 8, 8]);
      const targets = stageTargets(g, spec, images, spec.stages);
      return Object.fromEntries(targets.map((node, k) => [k, node]));
    }));
    const images = tensor([1, 3, 8, 8]).map(({ values }) => values);
    fc.assert(
      fc.property(images, (images) => {
        const targets = interpretGraph(graph, { images });
        spec.stages.forEach((stage, k) => {
          const found = imageOfCells(spec, stage, targets[k]!, images);
          ok(largestDifference(found, images) <= 1e-6, `stage ${k}`);
        });
      }),
      { numRuns: 20 },
    );
  });
}

Deno.test("imageOfCells() of nothing is the mean of each cell where pixels are normalised, else 0", () => {
  const image = Float64Array.from({ length: 192 }, (_, i) => i % 64);
  const shown = (target: StageTarget) => {
    const spec = specOf(target);
    return imageOfCells(spec, spec.stages[3]!, [], image);
  };
  ok(shown("pixels").every((value) => value === 0));
  // The first patch has rows 0–3, 8–11, 16–19, 24–27.
  const normalised = shown("normalisedPixels");
  ok([0, 3, 27, 64, 155].every((i) => Math.abs(normalised[i]! - 13.5) < 1e-5));
});
