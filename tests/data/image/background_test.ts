import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { backgroundColour } from "../../../data/image/background.ts";
import { IMAGENET_NORMALIZATION } from "../../../data/mod.ts";

Deno.test("backgroundColour() is the level nearest to each mean, one of three for grey", () => {
  deepStrictEqual(
    backgroundColour("mean", IMAGENET_NORMALIZATION),
    [124, 116, 104],
    "255 times 0.485, 0.456 and 0.406 is 123.7, 116.3 and 103.5",
  );
  const grey = { mean: [0.286], deviation: [0.353] };
  deepStrictEqual(backgroundColour("mean", grey), [73, 73, 73]);
  const outside = { mean: [-1, 0.5, 2], deviation: [1, 1, 1] };
  deepStrictEqual(backgroundColour("mean", outside), [0, 128, 255]);
});

Deno.test("backgroundColour() of white and black does not depend on the images; none is no colour", () => {
  const { mean } = IMAGENET_NORMALIZATION;
  for (const normalization of [{ mean, deviation: mean }]) {
    deepStrictEqual(backgroundColour("white", normalization), [255, 255, 255]);
    deepStrictEqual(backgroundColour("black", normalization), [0, 0, 0]);
    strictEqual(backgroundColour("none", normalization), null);
  }
});
