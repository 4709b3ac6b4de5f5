import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  RAND_AUGMENT,
  RANDOM_ERASING,
  rootKey,
  sampleKey,
  type SamplePurpose,
} from "../../../core/mod.ts";
import {
  evalTransform,
  paddedCropTransform,
  trainTransform,
} from "../../../data/mod.ts";
import {
  evalView,
  learningView,
  paddedCropView,
  trainView,
} from "../../../data/transforms/view.ts";
import { FASHION_MNIST_NORMALIZATION } from "../../../data/image/normalization.ts";
import { right } from "../../right.ts";
import { PLAIN } from "../plain_view.ts";

const format = {
  imageSize: 32,
  inChannels: 1,
  normalization: FASHION_MNIST_NORMALIZATION,
};
const image = { width: 28, height: 28 };
const keysOf = (index: number) => (purpose: SamplePurpose) =>
  sampleKey(0, 0, index, purpose);

Deno.test("trainView() flips half of the images, all or none when told so", () => {
  const flips = (flipProbability: number): number =>
    Array.from(
      { length: 2000 },
      (_, i) =>
        trainView(
          right(trainTransform({ ...format, flipProbability })),
          image,
          keysOf(i),
        ),
    )
      .filter(({ flip }) => flip).length;
  // The deviation of 2,000 coins is 22.4.
  ok(Math.abs(flips(0.5) - 1000) < 112, `${flips(0.5)}`);
  deepStrictEqual([flips(0), flips(1)], [0, 2000]);
});

Deno.test("trainView() draws crop and flip from keys of their own", () => {
  const transform = right(trainTransform(format));
  const flipOnly = (purpose: string) =>
    purpose === "flip" ? rootKey(5) : rootKey(1);
  const cropOnly = (purpose: string) =>
    purpose === "crop" ? rootKey(5) : rootKey(1);
  const same = () => rootKey(1);
  deepStrictEqual(
    trainView(transform, image, flipOnly).crop,
    trainView(transform, image, same).crop,
  );
  deepStrictEqual(
    trainView(transform, image, cropOnly).flip,
    trainView(transform, image, same).flip,
  );
});

Deno.test("paddedCropView() moves the whole image by up to its padding each way, all moves alike", () => {
  const transform = right(paddedCropTransform({ ...format, imageSize: 28 }));
  const moves = Array.from({ length: 8100 }, (_, i) => {
    const { crop, scaled, window } = paddedCropView(
      transform,
      image,
      keysOf(i),
    );
    deepStrictEqual([crop, scaled], [{ left: 0, top: 0, ...image }, image]);
    deepStrictEqual([window.width, window.height], [28, 28]);
    return (window.top + 4) * 9 + window.left + 4;
  });
  const counts = Array<number>(81).fill(0);
  for (const move of moves) counts[move] = counts[move]! + 1;
  // The deviation of a count of 100 is 10.
  ok(counts.every((count) => Math.abs(count - 100) < 50), `${counts}`);
});

Deno.test("paddedCropView() without padding shows the image as it is, or mirrored", () => {
  const transform = right(paddedCropTransform({
    ...format,
    padding: 0,
    flipProbability: 1,
  }));
  deepStrictEqual(learningView(transform, image, keysOf(3)), {
    crop: { left: 0, top: 0, ...image },
    scaled: { width: 32, height: 32 },
    window: { left: 0, top: 0, width: 32, height: 32 },
    flip: true,
    ops: [],
    interpolation: "bicubic",
    erased: null,
  });
});

Deno.test("evalView() shows the middle of a photograph: 256 for 224", () => {
  const transform = right(
    evalTransform({ ...format, imageSize: 224, resizeSize: 256 }),
  );
  deepStrictEqual(evalView(transform, { width: 500, height: 375 }), {
    crop: { left: 0, top: 0, width: 500, height: 375 },
    scaled: { width: 341, height: 256 },
    window: { left: 58, top: 16, width: 224, height: 224 },
    flip: false,
    ...PLAIN,
  });
});

Deno.test("evalView() has a window inside the resized image, whatever its size", () => {
  const side = fc.integer({ min: 1, max: 900 });
  fc.assert(
    fc.property(
      side,
      side,
      fc.integer({ min: 1, max: 64 }),
      fc.nat(20),
      (width, height, imageSize, more) => {
        const transform = right(
          evalTransform({ ...format, imageSize, resizeSize: imageSize + more }),
        );
        const { scaled, window } = evalView(transform, { width, height });
        ok(Math.min(scaled.width, scaled.height) === imageSize + more);
        ok(window.left >= 0 && window.left + imageSize <= scaled.width);
        ok(window.top >= 0 && window.top + imageSize <= scaled.height);
      },
    ),
  );
});

Deno.test("trainView() draws operations and erasing from keys of their own: geometry stays as it was", () => {
  fc.assert(fc.property(fc.nat(), (index) => {
    const image = { width: 50, height: 40 };
    const augmented = right(trainTransform({
      ...format,
      imageSize: 24,
      randAugment: { ...RAND_AUGMENT, probability: 1 },
      erasing: { ...RANDOM_ERASING, probability: 1 },
    }));
    const plain = right(trainTransform({ ...format, imageSize: 24 }));
    const found = trainView(augmented, image, keysOf(index));
    const { ops, erased, ...geometry } = found;
    const { ops: none, erased: nothing, ...before } = trainView(
      plain,
      image,
      keysOf(index),
    );
    deepStrictEqual(geometry, before);
    deepStrictEqual([ops.length, none, nothing], [2, [], null]);
    strictEqual(erased === null, false);
  }));
});
