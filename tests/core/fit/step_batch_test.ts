import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { microBatches, stepImagesFor } from "../../../core/fit/step_batch.ts";

const count = fc.integer({ min: 1, max: 1 << 24 });
const seen = fc.double({ min: 0, max: 1e12, noNaN: true });

Deno.test("stepImagesFor() gives a power of two up to 2048, four steps to an epoch of four images or more", () => {
  fc.assert(fc.property(seen, count, (images, pictures) => {
    const step = stepImagesFor(images, pictures).images;
    ok(Number.isInteger(Math.log2(step)) && step <= 2048);
    ok(pictures < 4 ? step === 1 : pictures / step >= 4);
  }));
});

Deno.test("stepImagesFor() never has fewer images where more are seen", () => {
  fc.assert(fc.property(seen, count, (images, pictures) => {
    ok(
      stepImagesFor(2 * images, pictures).images >=
        stepImagesFor(images, pictures).images,
    );
  }));
});

const bytes = fc.record({
  fixed: fc.integer({ min: 0, max: 1e9 }),
  perImage: fc.integer({ min: 1, max: 1e9 }),
});
const power = fc.integer({ min: 0, max: 11 }).map((n) => 2 ** n);

Deno.test("microBatches() divides a step so that its tensors fit, or says that not even one image does", () => {
  fc.assert(
    fc.property(
      power,
      bytes,
      fc.integer({ min: 0, max: 4e9 }),
      (images, each, memory) => {
        const step = microBatches(images, each, memory, {});
        const bytesOf = (n: number) => each.fixed + n * each.perImage;
        if (step === null) return ok(bytesOf(1) > memory);
        const { batchSize, accumIter } = step;
        strictEqual(batchSize * accumIter, images);
        ok(bytesOf(batchSize) <= memory);
        ok(batchSize === images || bytesOf(2 * batchSize) > memory);
      },
    ),
  );
});

Deno.test("microBatches() keeps what is stated", () => {
  const room = { fixed: 0, perImage: 1 };
  deepStrictEqual(microBatches(64, room, 1, { batchSize: 7 }), {
    batchSize: 7,
    accumIter: 1,
  });
  deepStrictEqual(microBatches(64, room, 1e9, { accumIter: 4 }), {
    batchSize: 16,
    accumIter: 4,
  });
  deepStrictEqual(microBatches(2, room, 1e9, { accumIter: 4 }), {
    batchSize: 1,
    accumIter: 4,
  });
});
