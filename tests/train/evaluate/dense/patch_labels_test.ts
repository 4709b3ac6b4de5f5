import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { rootKey } from "../../../../core/mod.ts";
import {
  drawnPatches,
  patchLabels,
} from "../../../../train/evaluate/dense/patch_labels.ts";

/** Pixels of a picture of some patches; a third of them has no class. */
const pictures = fc.record({
  grid: fc.integer({ min: 1, max: 4 }),
  patch: fc.integer({ min: 1, max: 4 }),
  seed: fc.infiniteStream(fc.integer({ min: -1, max: 2 })),
});

const CLASSES = 3;

Deno.test("patchLabels() gives each patch a class that none of its pixels' classes outnumbers", () => {
  fc.assert(
    fc.property(pictures, ({ grid, patch, seed }) => {
      const side = grid * patch;
      const pixels = Int32Array.from(seed.take(side ** 2));
      const labels = patchLabels(pixels, grid, CLASSES);
      strictEqual(labels.length, grid ** 2);
      labels.forEach((label, at) => {
        // Counted by the pixels' places, not patch by patch.
        const own = pixels.filter((_, i) => {
          const [y, x] = [Math.floor(i / side), i % side];
          return Math.floor(y / patch) * grid + Math.floor(x / patch) === at;
        });
        const count = (one: number) => own.filter((p) => p === one).length;
        if (label === -1) return ok(own.every((p) => p === -1));
        for (let other = 0; other < CLASSES; other++) {
          const [own, others] = [count(label), count(other)];
          ok(own > others || own === others && label <= other);
        }
        ok(count(label) > 0);
      });
    }),
  );
});

Deno.test("patchLabels() of patches of one pixel are the pixels, and ignored pixels have no vote", () => {
  const pixels = Int32Array.of(0, 1, -1, 2);
  deepStrictEqual(patchLabels(pixels, 2, CLASSES), pixels);
  const few = Int32Array.of(-1, -1, -1, 2);
  deepStrictEqual([...patchLabels(few, 1, CLASSES)], [2]);
});

Deno.test("drawnPatches() draws rising, once each, of those with a class only; a larger draw holds the smaller", () => {
  const labels = fc.array(fc.integer({ min: -1, max: 2 }), { maxLength: 60 });
  fc.assert(
    fc.property(labels, fc.nat(70), fc.nat(20), (all, most, more) => {
      const labels = Int32Array.from(all);
      const key = rootKey(3);
      const drawn = drawnPatches(labels, most, key);
      const known = all.filter((label) => label >= 0).length;
      strictEqual(drawn.length, Math.min(most, known));
      drawn.forEach((at, i) => {
        ok(labels[at]! >= 0);
        ok(i === 0 || at > drawn[i - 1]!);
      });
      const larger = new Set(drawnPatches(labels, most + more, key));
      ok(drawn.every((at) => larger.has(at)));
    }),
  );
});
