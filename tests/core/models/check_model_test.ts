import fc from "fast-check";
import { deepStrictEqual } from "node:assert/strict";
import {
  allStages,
  checkModel,
  MODEL_PRESETS,
  type ModelSpec,
  type StageScale,
  stagesOnGrid,
  type StageTarget,
} from "../../../core/mod.ts";
import { modelSpec } from "../../arbitraries.ts";
import { faultsOf, right } from "../../right.ts";

const vitB: ModelSpec = MODEL_PRESETS["vit-b"];

const refuses = (change: Partial<ModelSpec>, ...faults: string[]): void =>
  deepStrictEqual(faultsOf(checkModel({ ...vitB, ...change })), faults);

Deno.test("checkModel() accepts every preset, with LocalMIM's stages and with all", () => {
  for (const model of Object.values<ModelSpec>(MODEL_PRESETS)) {
    deepStrictEqual(right(checkModel(model)), model);
  }
  right(checkModel({ ...vitB, stages: allStages(12) }));
});

Deno.test("checkModel() accepts every generated model", () => {
  fc.assert(fc.property(modelSpec, (model) => {
    deepStrictEqual(right(checkModel(model)), model);
  }));
});

Deno.test("checkModel() wants patches that tile the image", () => {
  refuses(
    { imageSize: 100 },
    "imageSize: found 100, wanted a multiple of 16 (patchSize)",
  );
});

Deno.test("checkModel() wants widths that heads and position tables divide", () => {
  refuses(
    { embedDim: 770, decoderEmbedDim: 90 },
    "embedDim: found 770, wanted a multiple of 4 (position table)",
    "embedDim: found 770, wanted a multiple of 12 (numHeads)",
    "decoderEmbedDim: found 90, wanted a multiple of 4 (position table)",
    "decoderEmbedDim: found 90, wanted a multiple of 8 (decoderNumHeads)",
  );
});

Deno.test("checkModel() wants a decoder that the head of scale 8 can halve three times", () => {
  refuses(
    { stages: allStages(12), decoderEmbedDim: 36, decoderNumHeads: 3 },
    "decoderEmbedDim: found 36, wanted a multiple of 8 (head of the finest stage)",
  );
});

Deno.test("checkModel() wants a whole hidden width", () => {
  refuses(
    { mlpRatio: 1.0001 },
    "mlpRatio: found 1.0001, wanted a ratio that makes mlpRatio · embedDim a whole number",
  );
});

Deno.test("checkModel() wants taps that rise and end at the last block", () => {
  const stage = (tap: number) => ({ tap, scale: 1 as const, weight: 1 });
  refuses(
    { stages: [stage(3), stage(3), stage(12), stage(10)] },
    "stages[1].tap: found 3, wanted a block after 3 and before 12, taps go from shallow to deep",
    "stages[2].tap: found 12, wanted a block after 3 and before 12, taps go from shallow to deep",
    "stages[3].tap: found 10, wanted 11, the last block: blocks behind the last tap learn nothing",
  );
});

Deno.test("checkModel() wants a last stage that counts", () => {
  refuses(
    { stages: [{ tap: 11, scale: 1, weight: 0 }] },
    "stages[0].weight: found 0, wanted more than 0: the last stage outlives the others",
  );
});

Deno.test("checkModel() wants cells of whole pixels and pairs of patches", () => {
  refuses(
    {
      imageSize: 6,
      patchSize: 2,
      stages: [
        { tap: 1, scale: 4, weight: 1 },
        { tap: 11, scale: 0.5, weight: 1 },
      ],
    },
    "patchSize: found 2, wanted at least 4, the cells along a patch that stages[0] predicts (scale)",
    "imageSize: found 6, wanted a multiple of 4: cells of stages[1] are 2 × 2 patches (scale ½)",
  );
});

Deno.test("checkModel() wants cells of whole pixels, and of several, where pixels are the target", () => {
  const stage = (tap: number, scale: StageScale, target: StageTarget) => ({
    tap,
    scale,
    weight: 1,
    target,
  });
  refuses(
    {
      imageSize: 168,
      patchSize: 14,
      stages: [stage(3, 4, "pixels"), stage(11, 0.5, "normalisedPixels")],
    },
    "stages[0].scale: found 4, wanted 1 or more cells along a patch of 14 pixels (patchSize), each of whole pixels (target pixels)",
    "stages[1].scale: found 0.5, wanted 1 or more cells along a patch of 14 pixels (patchSize), each of whole pixels (target normalisedPixels)",
  );
  refuses(
    {
      inChannels: 1,
      imageSize: 16,
      patchSize: 4,
      stages: [stage(3, 4, "pixels"), stage(11, 4, "normalisedPixels")],
    },
    "stages[1].scale: found 4, wanted cells of at least 2 values, so that they have a deviation (target normalisedPixels)",
  );
  refuses(
    { stages: [stage(11, 1, "pixel" as StageTarget)] },
    'stages[0].target: found "pixel", wanted "hog" or "pixels" or "normalisedPixels"',
  );
});

Deno.test("stagesOnGrid() gives stages that any grid allows, and on an even one the same", () => {
  const stages = MODEL_PRESETS["vit-b"].stages;
  fc.assert(fc.property(fc.integer({ min: 2, max: 40 }), (grid) => {
    const fitted = stagesOnGrid(stages, grid);
    const imageSize = 16 * grid;
    right(checkModel({ ...MODEL_PRESETS["vit-b"], imageSize, stages: fitted }));
    if (grid % 2 === 0) deepStrictEqual(fitted, stages);
  }));
});

Deno.test("checkModel() wants a visible patch and a masked one", () => {
  const wanted = "wanted a ratio that leaves 1 to 195 of 196 patches visible";
  refuses({ maskRatio: 0.999 }, `maskRatio: found 0.999, ${wanted}`);
  refuses({ maskRatio: 1e-20 }, `maskRatio: found 1e-20, ${wanted}`);
  refuses({ maskRatio: 0 }, "maskRatio: found 0, wanted a number in (0, 1)");
});
