import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { checkModel, gridSize, MODEL_PRESETS } from "../../../core/mod.ts";
import {
  MODEL_NAMES,
  type PictureFacts,
  pictureModel,
  type StatedSizes,
} from "../../../core/fit/picture_models.ts";
import { right } from "../../right.ts";

const pictureModels = (facts: PictureFacts, stated?: StatedSizes) =>
  MODEL_NAMES.map(pictureModel(facts, stated));

const pictures = fc.record({
  count: fc.integer({ min: 1, max: 1 << 21 }),
  side: fc.integer({ min: 1, max: 20_000 }),
  channels: fc.constantFrom(1, 3),
});

Deno.test("pictureModel() gives a model that can be built for each preset, whatever the pictures", () => {
  fc.assert(fc.property(pictures, (facts) => {
    const models = pictureModels(facts);
    strictEqual(models.length, Object.keys(MODEL_PRESETS).length);
    for (const model of models) {
      right(checkModel(model));
      strictEqual(model.inChannels, facts.channels);
    }
  }));
});

Deno.test("pictureModel() enlarges no typical picture by more than an eighth, as far as a model has such a view", () => {
  fc.assert(fc.property(pictures, (facts) => {
    for (const { imageSize } of pictureModels(facts)) {
      ok(imageSize === 24 || imageSize <= 9 / 8 * facts.side);
    }
  }));
});

Deno.test("pictureModel() shows photographs whole, icons and thumbnails in their own size", () => {
  const views = (side: number) =>
    pictureModels({ count: 1, side, channels: 3 })
      .map(({ imageSize, patchSize }) => `${imageSize}/${patchSize}`);
  const largest = ["224/16", "224/16", "224/16", "224/16", "224/16"];
  deepStrictEqual(views(3000), ["64/8", "128/16", ...largest]);
  deepStrictEqual(views(64), Array(7).fill("64/8"));
  deepStrictEqual(views(28), Array(7).fill("24/4"));
  deepStrictEqual(views(8), Array(7).fill("24/4"));
});

Deno.test("pictureModel() keeps stated sizes and chooses the other so that models can be built", () => {
  const even = fc.integer({ min: 2, max: 40 }).map((n) => 8 * n);
  fc.assert(fc.property(pictures, even, (facts, imageSize) => {
    for (const model of pictureModels(facts, { imageSize })) {
      strictEqual(model.imageSize, imageSize);
      right(checkModel(model));
    }
  }));
  const patch = fc.integer({ min: 4, max: 32 });
  fc.assert(fc.property(pictures, patch, (facts, patchSize) => {
    for (const model of pictureModels(facts, { patchSize })) {
      strictEqual(model.patchSize, patchSize);
      ok(gridSize(model) % 2 === 0);
      right(checkModel(model));
    }
  }));
});
