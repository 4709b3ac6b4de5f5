import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  featureFrom,
  neighbourFeatureFrom,
} from "../../../cli/evaluate/features.ts";
import { describeFeature } from "../../../cli/output/model_words.ts";
import {
  allTaps,
  lastTap,
  MODEL_PRESETS,
  neighbourFeature,
} from "../../../core/mod.ts";

const MODEL = MODEL_PRESETS.nano;

Deno.test("featureFrom() is the mean after the last block, and each flag changes one thing", () => {
  deepStrictEqual(featureFrom(MODEL, {}), lastTap(MODEL));
  deepStrictEqual(featureFrom(MODEL, { taps: "all" }), allTaps(MODEL));
  deepStrictEqual(featureFrom(MODEL, { regions: 1 }), lastTap(MODEL));
  const regions = featureFrom(MODEL, { regions: 2 });
  deepStrictEqual(regions, { ...lastTap(MODEL), regions: 2 });
  strictEqual(
    describeFeature(regions),
    "the means of the patch tokens in 2 × 2 regions after the last block",
  );
});

Deno.test("neighbourFeatureFrom() has a mean for each quarter, unless flags say otherwise", () => {
  deepStrictEqual(neighbourFeatureFrom(MODEL, {}), neighbourFeature(MODEL));
  deepStrictEqual(neighbourFeature(MODEL), { ...lastTap(MODEL), regions: 2 });
  deepStrictEqual(neighbourFeatureFrom(MODEL, { regions: 1 }), lastTap(MODEL));
  deepStrictEqual(neighbourFeatureFrom(MODEL, { regions: 3 }).regions, 3);
  const token = neighbourFeatureFrom(MODEL, { tokens: "class-token" });
  deepStrictEqual(token, featureFrom(MODEL, { tokens: "class-token" }));
  const onePatch = { ...MODEL, patchSize: MODEL.imageSize };
  deepStrictEqual(neighbourFeature(onePatch), lastTap(onePatch));
});

Deno.test("featureFrom() refuses regions of the class token, which has no place", () => {
  throws(() => featureFrom(MODEL, { tokens: "class-token", regions: 2 }));
});
