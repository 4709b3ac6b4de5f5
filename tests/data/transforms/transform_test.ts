import { deepStrictEqual } from "node:assert/strict";
import {
  evalTransform,
  IMAGENET_NORMALIZATION,
  normalizationFor,
  paddedCropTransform,
  trainTransform,
} from "../../../data/mod.ts";
import { faultsOf, right } from "../../right.ts";

const format = {
  imageSize: 224,
  inChannels: 3,
  normalization: IMAGENET_NORMALIZATION,
};

Deno.test("trainTransform() has the defaults of masked image modelling", () => {
  deepStrictEqual(right(trainTransform(format)), {
    ...format,
    _tag: "TrainTransform",
    scale: [0.2, 1],
    ratio: [3 / 4, 4 / 3],
    flipProbability: 0.5,
    cropRule: "retry",
    randAugment: null,
    erasing: null,
  });
});

Deno.test("trainTransform() names all faults at once", () => {
  const faults = faultsOf(trainTransform({
    imageSize: 0,
    inChannels: 2,
    normalization: { mean: [0.5, 0.5], deviation: [0, 1] },
    scale: [0.5, 1.5],
    ratio: [2, 1],
    flipProbability: NaN,
    randAugment: {
      layers: 1.5,
      probability: 2,
      magnitude: 11,
      deviation: -1,
      interpolation: "bicubic",
    },
    erasing: { probability: -1, area: [0, 1], aspect: [2, 1] },
  }));
  deepStrictEqual(faults, [
    "imageSize: found 0, wanted a whole number ≥ 1",
    "inChannels: found 2, wanted 1 or 3",
    'normalization: found {"mean":[0.5,0.5],"deviation":[0,1]}, wanted 1 or 3 finite means and as many deviations > 0',
    "scale: found [0.5,1.5], wanted 0 < lower ≤ upper ≤ 1",
    "ratio: found [2,1], wanted 0 < lower ≤ upper, finite",
    "flipProbability: found NaN, wanted a number in [0, 1]",
    "randAugment.layers: found 1.5, wanted a whole number of at least 0",
    "randAugment.probability: found 2, wanted a number in [0, 1]",
    "randAugment.magnitude: found 11, wanted a number in [0, 10]",
    "randAugment.deviation: found -1, wanted a number of at least 0",
    "erasing.probability: found -1, wanted a number in [0, 1]",
    "erasing.area: found [0,1], wanted 0 < lower ≤ upper ≤ 1",
    "erasing.aspect: found [2,1], wanted 0 < lower ≤ upper, finite",
  ]);
});

Deno.test("paddedCropTransform() pads by 4 unless told otherwise, never by more than the image", () => {
  const { padding, flipProbability } = right(paddedCropTransform(format));
  deepStrictEqual([padding, flipProbability], [4, 0.5]);
  deepStrictEqual(
    faultsOf(paddedCropTransform({ ...format, padding: 225 })),
    ["padding: found 225, wanted a whole number in [0, 224]"],
  );
});

Deno.test("evalTransform() resizes to the image size unless told otherwise, never below it", () => {
  deepStrictEqual(right(evalTransform(format)).resizeSize, 224);
  deepStrictEqual(
    right(evalTransform({ ...format, resizeSize: 256 })).resizeSize,
    256,
  );
  deepStrictEqual(faultsOf(evalTransform({ ...format, resizeSize: 200 })), [
    "resizeSize: found 200, wanted a whole number ≥ 224",
  ]);
});

Deno.test("normalizationFor() repeats grey and averages colour", () => {
  const grey = { mean: [0.2], deviation: [0.4] };
  deepStrictEqual(normalizationFor(grey, 3), {
    mean: [0.2, 0.2, 0.2],
    deviation: [0.4, 0.4, 0.4],
  });
  deepStrictEqual(normalizationFor(grey, 1), grey);
  deepStrictEqual(
    normalizationFor({ mean: [0.25, 0.5, 0.75], deviation: [1, 2, 3] }, 1),
    {
      mean: [0.5],
      deviation: [2],
    },
  );
});
