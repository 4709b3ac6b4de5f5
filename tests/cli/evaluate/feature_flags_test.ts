import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  describeFeature,
  featureFrom,
} from "../../../cli/evaluate/features.ts";
import { allTaps, lastTap, MODEL_PRESETS } from "../../../core/mod.ts";

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

Deno.test("featureFrom() refuses regions of the class token, which has no place", () => {
  throws(() => featureFrom(MODEL, { tokens: "class-token", regions: 2 }));
});
